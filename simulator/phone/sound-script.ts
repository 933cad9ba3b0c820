/** Ring tone and key tones, made by the browser. A browser allows sound only after the page was touched once: before that it rings silently. */
export const SOUND_SCRIPT = `
var sound = null;     // AudioContext, from the first touch on
var ringTimer = 0;

function wakeSound() {
  var Context = window.AudioContext || window.webkitAudioContext;
  if (!Context) return null;
  if (!sound) sound = new Context();
  if (sound.state === 'suspended') sound.resume();
  return sound;
}
['pointerdown', 'keydown'].forEach(function (type) {
  addEventListener(type, function () { wakeSound(); if (ringTimer) ringOnce(); }, { once: true });
});

function beep(frequencies, start, length, level) {
  var gain = sound.createGain();
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(level, start + 0.02);
  gain.gain.setValueAtTime(level, start + length - 0.04);
  gain.gain.linearRampToValueAtTime(0, start + length);
  gain.connect(sound.destination);
  frequencies.forEach(function (frequency) {
    var tone = sound.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(gain);
    tone.start(start);
    tone.stop(start + length);
  });
}

function ringOnce() {
  if (!sound || sound.state !== 'running') return;
  var now = sound.currentTime + 0.02;
  [523, 659, 784].forEach(function (frequency, step) { beep([frequency, frequency * 2], now + step * 0.17, 0.3, 0.05); });
  [659, 784].forEach(function (frequency, step) { beep([frequency, frequency * 2], now + 0.75 + step * 0.17, 0.3, 0.05); });
}
function startRinging() {
  if (ringTimer) return;
  ringOnce();
  ringTimer = setInterval(ringOnce, 2600);
  if (sound && navigator.vibrate) navigator.vibrate([300, 200, 300]);
}
function stopRinging() {
  clearInterval(ringTimer);
  ringTimer = 0;
}

/** What a caller hears while it rings at the other side: 425 Hz, one second in five. */
var ringbackTimer = 0;
function ringbackOnce() {
  if (sound && sound.state === 'running') beep([425], sound.currentTime + 0.02, 1, 0.04);
}
function startRingback() {
  if (ringbackTimer) return;
  ringbackOnce();
  ringbackTimer = setInterval(ringbackOnce, 5000);
}
function stopRingback() {
  clearInterval(ringbackTimer);
  ringbackTimer = 0;
}

var ROWS = { 1: 697, 2: 697, 3: 697, 4: 770, 5: 770, 6: 770, 7: 852, 8: 852, 9: 852, '*': 941, 0: 941, '#': 941 };
var COLUMNS = { 1: 1209, 4: 1209, 7: 1209, '*': 1209, 2: 1336, 5: 1336, 8: 1336, 0: 1336, 3: 1477, 6: 1477, 9: 1477, '#': 1477 };
/** Only for the finger: the business gets the digit as an event, not as sound. */
function keyTone(key) {
  if (sound && sound.state === 'running') beep([ROWS[key], COLUMNS[key]], sound.currentTime, 0.12, 0.04);
}
`;
