/** Which screen is shown for a call, and what its buttons do. */
export const SCREEN_SCRIPT = `
var ignored = null;       // id of the call that rings without us
var aside = null;          // id of the call whose screen was put aside for the chat
var seen = null;           // { id, state } of the last call drawn
var inCallFrom = 0;       // local time of the moment the call was up
var endedTimer = 0;

var OUTCOME = {
  completed: 'Call ended', ended: 'Call ended', declined: 'Call declined', rejected: 'Call declined', no_answer: 'Missed call', missed: 'Missed call',
  unanswered: 'Missed call', cancelled: 'The business hung up', canceled: 'The business hung up', failed: 'Call failed',
};

var OWN_OUTCOME = { completed: 'Call ended', declined: 'The business did not take the call', no_answer: 'No answer', cancelled: 'Call ended', failed: 'Call failed' };

function drawCall() {
  var call = state && state.call;
  var phase = call ? call.state : 'none';
  // While this window calls, its call has no id yet, or the simulator has not shown it yet.
  if (talk && call && call.id === talk.callId) talk.shown = true;
  var dialling = Boolean(talk) && !talk.shown;
  if (talk && !dialling && (!call || call.id !== talk.callId || phase === 'ended')) leaveCall();
  var ringing = phase === 'ringing' && ignored !== call.id && !talk;
  var inCall = Boolean(call) && (phase === 'in_call' || phase === 'connecting' || phase === 'calling' || (phase === 'ringing' && Boolean(talk)));
  var before = seen;
  seen = call ? { id: call.id, state: phase } : null;

  if (inCall && phase === 'in_call' && !(before && before.id === call.id && before.state === 'in_call')) inCallFrom = startOf(call);
  var isNew = !before || !call || before.id !== call.id;
  if (isNew) { aside = null; byId('typed').textContent = ''; setMute(false); }

  var wasRinging = !byId('ringing').hidden;
  var wasInCall = !byId('in-call').hidden;
  show(byId('ringing'), ringing);
  show(byId('in-call'), inCall && aside !== call.id);
  var elsewhere = inCall && !talk;
  show(byId('continue-here'), elsewhere);
  if (elsewhere) callNotice(phase === 'ringing' ? '' : 'The sound of this call is not in this window.');
  show(byId('return-to-call'), (inCall && aside === call.id) || (phase === 'ringing' && !ringing && !talk));
  byId('return-to-call').lastElementChild.textContent = inCall ? 'Return to the call' : 'Ringing quietly. Show the call';

  if (ringing) startRinging(); else stopRinging();
  if (phase === 'calling' && talk) startRingback(); else stopRingback();
  if (ringing && !wasRinging) { closeProfile(); byId('answer').focus(); }
  if (inCall && !wasInCall && aside !== call.id) { closeProfile(); byId('hang-up').focus({ preventScroll: true }); }
  if (before && before.state !== 'ended' && before.state !== 'none' && (phase === 'ended' || phase === 'none') && ignored !== before.id) showEnded(call);
  if (ringing || inCall) show(byId('ended'), false);
  byId('chat-screen').inert = ringing || (inCall && aside !== call.id) || !byId('ended').hidden || !byId('profile').hidden;
  document.title = ringing ? '☎ ' + state.businessName + ' is calling' : inCall ? 'In call with ' + state.businessName : 'Phone of ' + state.person.name;
  drawTimer();
}

/** The simulator's clock may be far ahead; then the call counts from when this page saw it. */
function startOf(call) {
  var since = toDate(call.since).getTime();
  var now = Date.now();
  return since > now - 86400000 && since <= now ? since : now;
}

function drawTimer() {
  var call = state && state.call;
  if (!call || byId('in-call').hidden) return;
  var text = call.state === 'calling' ? 'Calling…' : 'Connecting…';
  if (call.state === 'in_call') {
    var seconds = Math.max(0, Math.floor((Date.now() - inCallFrom) / 1000));
    var parts = [Math.floor(seconds / 60) % 60, seconds % 60];
    if (seconds >= 3600) parts.unshift(Math.floor(seconds / 3600));
    text = parts.map(function (part) { return String(part).padStart(2, '0'); }).join(':');
  }
  if (byId('timer').textContent !== text) byId('timer').textContent = text;
}
setInterval(drawTimer, 250);

function showEnded(call) {
  var outcomes = call && call.own ? OWN_OUTCOME : OUTCOME;
  byId('ended-line').textContent = (call && outcomes[call.outcome]) || 'Call ended';
  show(byId('ended'), true);
  clearTimeout(endedTimer);
  endedTimer = setTimeout(function () {
    show(byId('ended'), false);
    byId('chat-screen').inert = !byId('profile').hidden;
    byId('message-input').focus({ preventScroll: true });
  }, 1800);
}

function setMute(muted) {
  byId('mute').setAttribute('aria-pressed', String(muted));
  applyMute();
}

function onCall(id, work) {
  byId(id).addEventListener('click', function (event) {
    var call = state && state.call;
    if (call) doing(event.currentTarget, function () { return work(call.id, call); });
  });
}
onCall('answer', async function (callId, call) {
  var joined = joinCall(call);
  drawCall();
  try { await joined; } finally { drawCall(); }
});
byId('call-business').addEventListener('click', function (event) {
  doing(event.currentTarget, async function () {
    if (talk || (state && state.call && state.call.state !== 'ended')) return;
    try { await placeCall(); } finally { drawCall(); }
  });
});
onCall('continue-here', async function (callId, call) {
  await joinCall(call);
  drawCall();
});
onCall('decline', function (callId) { return post('call/decline', { callId: callId }); });
onCall('ignore', async function (callId) {
  ignored = callId;
  drawCall();
  await post('call/ignore', { callId: callId });
});
onCall('hang-up', async function (callId) {
  try { await post('call/hangup', { callId: callId }); } finally { leaveCall(); drawCall(); }
});
byId('mute').addEventListener('click', function () { setMute(!isMuted()); });
byId('volume').addEventListener('input', function () { byId('far-voice').volume = byId('volume').value / 100; });
byId('show-chat').addEventListener('click', function () { aside = state.call && state.call.id; drawCall(); });
byId('return-to-call').addEventListener('click', function () { aside = null; ignored = null; drawCall(); });

function pressKey(key) {
  var call = state && state.call;
  if (!call || call.state !== 'in_call') return;
  keyTone(key);
  byId('typed').textContent = (byId('typed').textContent + key).slice(-16);
  post('call/digit', { callId: call.id, digit: key }).catch(function (error) { toast(error.message); });
}
byId('keypad').addEventListener('click', function (event) {
  var key = event.target.closest('[data-key]');
  if (key) pressKey(key.dataset.key);
});
addEventListener('keydown', function (event) {
  if (event.key === 'Escape') closeProfile();
  var typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement && document.activeElement.tagName);
  if (!byId('in-call').hidden && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && /^[0-9*#]$/.test(event.key)) pressKey(event.key);
});
`;
