/** Two channels side by side, filled in any order within a window and taken away from its beginning. Unfilled is silence. */
export class RecordingTape {
  /** Samples that came too late for their place. */
  missed = 0;
  #begin = 0;
  #window = new Int16Array(0);

  /** First position that has not been taken yet. */
  get position(): number {
    return this.#begin;
  }

  /** Writes one channel (0 left, 1 right) at a position counted from the recording's first sample. */
  write(channel: 0 | 1, position: number, samples: Int16Array): void {
    const skipped = Math.min(samples.length, Math.max(0, this.#begin - position));
    if (position >= 0) this.missed += skipped;
    const first = position + skipped - this.#begin;
    this.#grow((first + samples.length - skipped) * 2);
    for (let index = skipped; index < samples.length; index += 1)
      this.#window[(first + index - skipped) * 2 + channel] = samples[index] as number;
  }

  /** Takes everything before `position`, interleaved. */
  take(position: number): Int16Array {
    const values = Math.max(0, position - this.#begin) * 2;
    const taken = new Int16Array(values);
    taken.set(this.#window.subarray(0, values));
    this.#window.copyWithin(0, Math.min(values, this.#window.length));
    this.#window.fill(0, Math.max(0, this.#window.length - values));
    this.#begin = Math.max(this.#begin, position);
    return taken;
  }

  #grow(values: number): void {
    if (values <= this.#window.length) return;
    const larger = new Int16Array(Math.max(values, this.#window.length * 2));
    larger.set(this.#window);
    this.#window = larger;
  }
}
