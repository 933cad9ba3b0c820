import { noise } from './scenes.ts';

/** A sound by time (s), ±1. */
type Sound = (t: number) => number;

const sine = (hertz: number, t: number): number => Math.sin(2 * Math.PI * hertz * t);
const SCALE = [262, 294, 330, 349, 392, 440, 494, 523];
const degree = (step: number): number => SCALE[((Math.floor(step) % 8) + 8) % 8] as number;

/** A struck note, like a piano's: six partials that fade. */
function note(t: number, hertz: number, length: number): number {
  const since = t % length;
  let sum = 0;
  for (let partial = 1; partial < 6; partial += 1) sum += sine(hertz * partial, t) / partial;
  return sum * Math.exp(-2.5 * since) * Math.min(1, since * 100);
}

/** A blown or bowed note, held: partials without an end. `wobble`: vibrato. */
function held(t: number, hertz: number, partials = 7, wobble = 0): number {
  let sum = 0;
  const phase = 2 * Math.PI * hertz * t + wobble * sine(5.5, t);
  for (let partial = 1; partial < partials; partial += 1) sum += Math.sin(partial * phase) / partial;
  return sum;
}

function brown(random: () => number): Sound {
  let slow = 0;
  return () => {
    slow = slow * 0.97 + 0.03 * random();
    return slow;
  };
}

/** What a call may hear without a person in it. Fresh each time: noise has a memory. */
export function nobody(): Record<'quiet' | 'tones' | 'music', Record<string, Sound>> {
  const random = noise(3);
  return {
    quiet: {
      silence: () => 0,
      'comfort noise': () => 0.001 * random(),
      'white noise, -51 dBFS': () => 0.005 * random(),
      'white noise, -31 dBFS': () => 0.05 * random(),
      'white noise, -20 dBFS': () => 0.17 * random(),
      'brown noise': brown(random),
      'bursts of noise': (t) => (t % 2 < 0.7 ? 0.1 : 0.003) * random(),
      hum: (t) => 0.05 * (sine(50, t) + sine(100, t) + sine(150, t) / 2),
    },
    tones: {
      'a tone': (t) => 0.3 * sine(440, t),
      'ringing, 425 Hz': (t) => (t % 5 < 1 ? 0.2 * sine(425, t) : 0),
      'ringing, 440 and 480 Hz': (t) => (t % 6 < 2 ? 0.1 * (sine(440, t) + sine(480, t)) : 0),
      beeps: (t) => (t % 0.5 < 0.2 ? 0.2 * sine(1000, t) : 0),
      keys: (t) => (t % 0.4 < 0.1 ? 0.2 * (sine(770, t) + sine(1336, t)) : 0),
      siren: (t) => 0.2 * Math.sin(2 * Math.PI * 600 * t + 80 * sine(0.8, t)),
      'a held chord': (t) => 0.1 * (sine(220, t) + sine(277, t) + sine(330, t) + sine(440, t) / 2),
    },
    music: {
      'a struck chord': (t) => 0.08 * (note(t, 262, 1) + note(t, 330, 1) + note(t, 392, 1)),
      'an organ with tremolo': (t) =>
        0.08 * (held(t, 220, 6) + held(t, 277, 6) + held(t, 330, 6)) * (1 + sine(5, t) / 5),
      'a melody, notes of 0.4 s': (t) => 0.15 * note(t, degree(Math.floor(t / 0.4) * 5), 0.4),
      'a melody, notes of 0.25 s': (t) => 0.15 * note(t, degree(Math.floor(t / 0.25) * 5), 0.25),
      'broken chords, notes of 0.15 s, and a bass': (t) =>
        0.15 * note(t, degree(Math.floor(t / 0.15) * 3), 0.15) + 0.05 * note(t, 131, 0.6),
      'a note with vibrato': (t) => 0.1 * held(t, 300, 8, 1.5),
      'melody, bass and drum': (t) =>
        0.1 * note(t, degree(Math.floor(t / 0.5) * 5), 0.5) +
        0.1 * note(t, degree(Math.floor(t / 2) * 2) / 2, 2) +
        (t % 0.5 < 0.05 ? 0.2 * random() : 0),
      'strings, two voices, and a drum': (t) =>
        0.06 * held(t, degree(Math.floor(t) * 3), 8, 0.6) +
        0.06 * held(t, degree(Math.floor(t / 2) * 2) / 2, 8) +
        (t % 0.6 < 0.06 ? 0.15 * random() : 0),
    },
  };
}
