/** What is older says nothing about now (ms). */
const LATELY_MS = 1000;
const SILENCE_DBOV = -127;
const SILENCE = new Int16Array(1);

/**
 * The last sound of a direction that was decoded, or made, anyway. To look at every packet for its level alone would cost as much as a recording,
 * a few packets decoded by themselves have a wrong level (Opus predicts from what went before), and header extensions with levels (RFC 6464) are
 * not agreed with WhatsApp.
 */
export class LastSound {
  #samples: Int16Array | undefined;
  #at = 0;

  /** @param samples may be used again for what comes later in the same direction; `at` in ms */
  take(samples: Int16Array, at: number): void {
    this.#samples = samples;
    this.#at = at;
  }

  /** Something else went on that nobody decodes. */
  forget(): void {
    this.#samples = undefined;
  }

  silence(at: number): void {
    this.take(SILENCE, at);
  }

  /** The power below full scale, from 0 to -127, which is silence: dBov (RFC 6464 §3). Nothing if there was no sound lately. */
  dbov(now: number): number | undefined {
    if (!this.#samples || now - this.#at > LATELY_MS || this.#samples.length === 0) return undefined;
    let squares = 0;
    for (const sample of this.#samples) squares += sample * sample;
    const power = squares / this.#samples.length / 32_768 ** 2;
    return power === 0 ? SILENCE_DBOV : Math.max(SILENCE_DBOV, Math.round(10 * Math.log10(power)));
  }
}

/** The level of the first of these that knows one. */
export function firstLevel(sounds: Iterable<LastSound | undefined>, now: number): number | undefined {
  for (const sound of sounds) {
    const level = sound?.dbov(now);
    if (level !== undefined) return level;
  }
  return undefined;
}
