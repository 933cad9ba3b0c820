/** A sweep from `from` to `to` Hz, the signal whose place can be found to the sample. Full scale ±1. */
export function chirp(seconds: number, rate: number, from = 300, to = 3000, level = 0.5): Float32Array {
  const slope = (to - from) / seconds;
  return Float32Array.from({ length: Math.round(seconds * rate) }, (_, index) => {
    const t = index / rate;
    return level * Math.sin(2 * Math.PI * (from * t + (slope * t * t) / 2));
  });
}

/** Where `known` is found in `heard`, and how alike they are there (1: the same but for loudness). Searches every place. */
export function find(
  known: ArrayLike<number>,
  heard: ArrayLike<number>,
  from = 0,
  to = heard.length,
): { at: number; alike: number } {
  let energy = 0;
  for (let index = 0; index < known.length; index += 1) energy += (known[index] as number) ** 2;
  let best = { at: -1, alike: 0 };
  for (let at = from; at + known.length <= to; at += 1) {
    let product = 0;
    let there = 0;
    for (let index = 0; index < known.length; index += 1) {
      const value = heard[at + index] as number;
      product += (known[index] as number) * value;
      there += value * value;
    }
    const alike = there === 0 ? 0 : product / Math.sqrt(energy * there);
    if (alike > best.alike) best = { at, alike };
  }
  return best;
}
