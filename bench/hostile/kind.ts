/** What became of one input. A fault is whatever is neither read nor refused in so many words. */
export type Outcome = 'taken' | 'refused' | { fault: string };

/** A kind of input: prepares itself, then tries case after case. The same seed and index give the same input. */
export type Kind = (
  seed: number,
) => Promise<{ one(index: number): Promise<Outcome> | Outcome; close?(): Promise<void> }>;

/** Small, repeatable pseudo-random numbers from 0 to before 1 (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const EXTREMES = [0, 1, 0x7f, 0x80, 0xff];
const EXTREME_WORDS = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fff0];

/** A damaged copy: bytes and words replaced, cut, doubled or filled with noise. */
export function damaged(original: Uint8Array, next: () => number): Buffer {
  let bytes = Buffer.from(original);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)] as T;
  const place = () => Math.floor(next() * bytes.length);
  for (let times = 1 + Math.floor(next() * 6); times > 0; times -= 1) {
    const how = next();
    if (bytes.length === 0) return bytes;
    if (how < 0.35) bytes[place()] = next() < 0.5 ? pick(EXTREMES) : Math.floor(next() * 256);
    else if (how < 0.6 && bytes.length >= 4) {
      const at = Math.floor(next() * (bytes.length - 3));
      bytes.writeUInt32LE(next() < 0.7 ? pick(EXTREME_WORDS) : Math.floor(next() * 2 ** 32), at);
    } else if (how < 0.75) bytes = bytes.subarray(0, place());
    else if (how < 0.85) bytes = Buffer.concat([bytes.subarray(0, place()), bytes.subarray(place())]);
    else if (how < 0.95) {
      const from = place();
      for (let at = from; at < Math.min(bytes.length, from + 16); at += 1) bytes[at] = Math.floor(next() * 256);
    } else bytes = Buffer.concat([bytes, Buffer.alloc(Math.floor(next() * 64), Math.floor(next() * 256))]);
  }
  return bytes;
}
