/** The pauses of a recording, in frames from its beginning. */
export class RecordingPauses {
  readonly #over: { from: number; to: number }[] = [];
  #since: number | undefined;

  get active(): boolean {
    return this.#since !== undefined;
  }

  /** Frames of all pauses that are over. */
  get frames(): number {
    return this.#over.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  begin(position: number): void {
    this.#since ??= position;
  }

  end(position: number): void {
    if (this.#since === undefined) return;
    this.#over.push({ from: this.#since, to: Math.max(this.#since, position) });
    this.#since = undefined;
  }

  /** Silences what lies in a pause. `from`: position of the first of these stereo samples. */
  silence(samples: Int16Array, from: number): void {
    for (const pause of this.#over) this.#erase(samples, pause.from - from, pause.to - from);
    if (this.#since !== undefined) this.#erase(samples, this.#since - from, samples.length / 2);
  }

  #erase(samples: Int16Array, first: number, end: number): void {
    if (end > 0 && first < samples.length / 2) samples.fill(0, Math.max(0, first) * 2, end * 2);
  }
}
