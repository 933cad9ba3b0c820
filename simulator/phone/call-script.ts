/** The sound of a call: microphone, peer connection, loudspeaker. */
export const CALL_SCRIPT = `
var talk = null;   // { callId, connection, microphone } of the call that this window carries

/** ?microphone=raw turns the browser's sound processing off, for measurements and tests. */
var RAW = new URLSearchParams(location.search).get('microphone') === 'raw';
var PROCESSING = { echoCancellation: !RAW, noiseSuppression: !RAW, autoGainControl: !RAW };

function callNotice(text) {
  byId('call-notice').textContent = text;
  show(byId('call-notice'), text !== '');
}

/** The microphone, or silence and a sentence that says why: the call goes on, to listen only. */
async function openMicrophone() {
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) {
    return silence('This page may not use the microphone, because it is neither on https nor on this machine (localhost). You can listen, but the business cannot hear you.');
  }
  try {
    return { stream: await navigator.mediaDevices.getUserMedia({ audio: PROCESSING }), notice: '' };
  } catch (error) {
    if (error.name === 'NotAllowedError') return silence('The microphone is not allowed for this page. You can listen, but the business cannot hear you. Allow it in the address bar and call again.');
    if (error.name === 'NotFoundError') return silence('No microphone was found. You can listen, but the business cannot hear you.');
    return silence('The microphone cannot be used (' + error.name + '). You can listen, but the business cannot hear you.');
  }
}

/** A real phone sends silence too; a stream that is missing would look like a broken call. */
function silence(notice) {
  var context = wakeSound();
  if (!context) return { stream: null, notice: notice };
  var destination = context.createMediaStreamDestination();
  var nothing = context.createConstantSource(); // without a source the stream would not run
  nothing.offset.value = 0;
  nothing.connect(destination);
  nothing.start();
  return { stream: destination.stream, notice: notice };
}

function gathered(connection) {
  return new Promise(function (resolve) {
    if (connection.iceGatheringState === 'complete') return resolve();
    setTimeout(resolve, 2000);
    connection.addEventListener('icegatheringstatechange', function () {
      if (connection.iceGatheringState === 'complete') resolve();
    });
  });
}

/** Joins the call from this window. */
function joinCall(call) {
  if (talk && talk.callId === call.id) return Promise.resolve();
  var path = call.own ? 'call/join' : 'call/answer';
  return openTalk(call.id, function (sdp) { return post(path, { callId: call.id, sdp: sdp }); });
}

/** Calls the business; the call gets its id with the simulator's answer. */
function placeCall() {
  return openTalk(null, function (sdp) { return post('call/start', { sdp: sdp }); });
}

/** Microphone and connection; the simulator answers the description. */
async function openTalk(callId, exchange) {
  leaveCall();
  var mine = talk = { callId: callId, connection: null, microphone: null, shown: callId !== null };
  try {
    var microphone = await openMicrophone();
    if (talk !== mine) return stopTracks(microphone.stream);
    mine.microphone = microphone.stream;
    callNotice(microphone.notice);
    var connection = mine.connection = new RTCPeerConnection({ iceServers: [] });
    if (microphone.stream) connection.addTrack(microphone.stream.getAudioTracks()[0], microphone.stream);
    else connection.addTransceiver('audio', { direction: 'recvonly' });
    connection.addEventListener('track', function (event) { playVoice(event.track); });
    connection.addEventListener('connectionstatechange', function () { connectionChanged(mine); });
    await connection.setLocalDescription(await connection.createOffer());
    await gathered(connection);
    if (talk !== mine) return;
    var answer = await exchange(connection.localDescription.sdp);
    if (talk !== mine) {
      // Hung up before the simulator had answered.
      if (answer.callId) post('call/hangup', { callId: answer.callId }).catch(function () {});
      return;
    }
    if (answer.callId) mine.callId = answer.callId;
    await connection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    applyMute();
  } catch (error) {
    if (talk !== mine) return;
    leaveCall();
    throw error;
  }
}

function playVoice(track) {
  var audio = byId('far-voice');
  audio.srcObject = new MediaStream([track]);
  audio.volume = byId('volume').value / 100;
  audio.play().catch(function () { callNotice('The browser does not play the sound yet. Click anywhere in the page.'); });
}
addEventListener('pointerdown', function () {
  var audio = byId('far-voice');
  if (audio.srcObject && audio.paused) audio.play().then(function () { callNotice(''); }, function () {});
});

function connectionChanged(mine) {
  if (talk !== mine) return;
  if (mine.connection.connectionState === 'connected') {
    post('call/connected', { callId: mine.callId }).catch(function (error) { toast(error.message); });
  }
  if (mine.connection.connectionState === 'failed') {
    callNotice('The sound connection failed. Is this browser on the same network as the simulator?');
  }
  drawCall();
}

function stopTracks(stream) { if (stream) stream.getTracks().forEach(function (track) { track.stop(); }); }

/** Lets go of microphone and connection; says nothing to the simulator. */
function leaveCall() {
  var left = talk;
  talk = null;
  if (!left) return;
  stopTracks(left.microphone);
  if (left.connection) left.connection.close();
  byId('far-voice').srcObject = null;
  callNotice('');
}

function isMuted() { return byId('mute').getAttribute('aria-pressed') === 'true'; }
function applyMute() {
  if (talk && talk.microphone) talk.microphone.getAudioTracks().forEach(function (track) { track.enabled = !isMuted(); });
}
`;
