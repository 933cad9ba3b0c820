import type { TrackPacket } from '../../../lib/media/recording-track.ts';

/** Small, repeatable pseudo-random numbers (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Arrival extends TrackPacket {
  at: number;
  /** When its sound was made, at the receiver's clock, after the path's smallest delay. */
  ideal: number;
}

export interface Path {
  seconds: number;
  lost: number;
  jitterMs: number;
  /** Parts per million by which the sender's clock is fast. */
  drift: number;
  pauses: boolean;
  /** Seconds at which the sender begins a new stream: SSRC, sequence and timestamp. */
  restarts: number[];
  /** Seconds at which sequence and timestamp jump within a stream. */
  jumps?: number[];
  seed: number;
}

/** Silence suppression: nothing for 2 s of every 14. */
export const silent = (index: number) => index % 700 > 600;

/** Milliseconds between two frames of the sender, by the receiver's clock. */
export const frameStep = (drift: number) => 20 / (1 + drift / 1e6);

/** What arrives from a sender who speaks for so long over a bad path, in the order of arrival. */
export function journey(path: Path, payload: (index: number) => Uint8Array): Arrival[] {
  const { seconds, lost, jitterMs, drift, pauses, restarts, jumps = [], seed } = path;
  const next = random(seed);
  const arrivals: Arrival[] = [];
  let ssrc = 1000;
  let timestamp = Math.floor(next() * 2 ** 32);
  let sequenceNumber = Math.floor(next() * 65_536);
  let burst = 0;
  const step = frameStep(drift);
  for (let index = 0, at = 0; at < seconds * 1000; index += 1, at = index * step) {
    const now = (second: number) => Math.abs(at - second * 1000) <= step / 2;
    if (restarts.some(now)) ssrc += 1;
    if (restarts.some(now) || jumps.some(now)) {
      timestamp = Math.floor(next() * 2 ** 32);
      sequenceNumber = Math.floor(next() * 65_536);
    }
    timestamp = (timestamp + 960) >>> 0;
    // The sequence has no hole there, the timestamp has.
    if (pauses && silent(index)) continue;
    sequenceNumber = (sequenceNumber + 1) & 0xffff;
    if (burst > 0 || next() < lost / 2.5) {
      burst = burst > 0 ? burst - 1 : Math.floor(next() * 4);
      continue;
    }
    const delay = next() < 0.02 ? jitterMs * 3 * next() : (jitterMs * (next() + next())) / 2;
    arrivals.push({ ssrc, sequenceNumber, timestamp, payload: payload(index), at: at + delay, ideal: at });
  }
  return arrivals.sort((a, b) => a.at - b.at);
}
