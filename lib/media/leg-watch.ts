import type { Finding } from './doctor/finding.ts';
import type { MediaFacts } from './doctor/media-facts.ts';
import { explainNoMedia } from './doctor/no-media.ts';
import type { LegEvents, LegOptions, LegStatistics } from './media.ts';
import { readByes } from './rtcp-bye.ts';

/** No sound so long after the person picked up: it is explained while the call is still up. */
export const NO_MEDIA_MS = 5000;
/** No packet for so many seconds is told, unless the options say otherwise. WhatsApp sends 50 a second, and some when a person is silent. */
const SILENCE_SECONDS = 10;
/** Sound that comes this long after a goodbye was not on its way any more: the goodbye meant an earlier stream (RFC 3550 §8.2). */
const OVERTAKEN_MS = 500;
/** The hang-up event of the provider mostly comes within this time, and makes the goodbye mean nothing. */
export const BYE_PATIENCE_MS = 1500;

interface Surroundings {
  emit<E extends 'bye' | 'silence' | 'sound' | 'statistics' | 'finding'>(event: E, ...args: LegEvents[E]): void;
  facts(): MediaFacts;
  statistics(): LegStatistics;
  /** The stream that is received now. */
  source(): number | undefined;
}

/** Watches one leg and tells what a flow should know: goodbye, silence, figures, and why nothing is heard. Times in ms of the monotonic clock. */
export class LegWatch {
  readonly #around: Surroundings;
  readonly #silenceMs: number;
  readonly #endMs: number;
  readonly #statisticsMs: number;
  #accepted = false;
  #negotiated = false;
  #explaining: NodeJS.Timeout | undefined;
  #packetAt: number | undefined;
  #reportAt: number | undefined;
  #byeAt: number | undefined;
  #silentSince: number | undefined;
  #ended = false;
  #statisticsDue: number | undefined;

  constructor(
    options: Pick<LegOptions, 'silenceSeconds' | 'silenceEndsSeconds' | 'statisticsSeconds'>,
    around: Surroundings,
  ) {
    this.#around = around;
    this.#silenceMs = (options.silenceSeconds ?? SILENCE_SECONDS) * 1000;
    this.#endMs = (options.silenceEndsSeconds ?? 0) * 1000;
    this.#statisticsMs = (options.statisticsSeconds ?? 0) * 1000;
  }

  /** The person picked up, or both descriptions are there: with both, sound is due. */
  accepted(): void {
    this.#accepted = true;
    this.#expectMedia();
  }

  negotiated(): void {
    this.#negotiated = true;
    this.#expectMedia();
  }

  packet(at: number): void {
    this.#packetAt = at;
    if (this.#silentSince === undefined) return;
    this.#around.emit('sound', { seconds: Math.round((at - this.#silentSince) / 1000) });
    this.#silentSince = undefined;
  }

  /** A compound RTCP packet, decrypted. */
  control(compound: Uint8Array, at: number): void {
    this.#reportAt = at;
    const sources = readByes(compound);
    const source = this.#around.source();
    if (sources.length > 0 && (source === undefined || sources.includes(source))) this.#byeAt ??= at;
  }

  beat(at: number): void {
    this.#judgeBye(at);
    this.#judgeSilence(at);
    if (this.#statisticsMs <= 0) return;
    this.#statisticsDue ??= at + this.#statisticsMs;
    if (at < this.#statisticsDue) return;
    this.#statisticsDue = at + this.#statisticsMs;
    this.#around.emit('statistics', this.#around.statistics());
  }

  close(): void {
    this.#ended = true;
    clearTimeout(this.#explaining);
  }

  #expectMedia(): void {
    if (!this.#accepted || !this.#negotiated || this.#explaining || this.#ended) return;
    this.#explaining = setTimeout(() => {
      const finding: Finding | undefined = explainNoMedia(this.#around.facts());
      if (finding && !this.#ended) this.#around.emit('finding', finding);
    }, NO_MEDIA_MS);
  }

  #judgeBye(at: number): void {
    if (this.#byeAt === undefined) return;
    if (this.#packetAt !== undefined && this.#packetAt > this.#byeAt + OVERTAKEN_MS) this.#byeAt = undefined;
    else if (at > this.#byeAt + BYE_PATIENCE_MS) {
      this.#byeAt = Number.POSITIVE_INFINITY;
      this.#around.emit('bye');
    }
  }

  #judgeSilence(at: number): void {
    if (!this.#accepted || this.#packetAt === undefined) return;
    const silentMs = at - this.#packetAt;
    const seconds = Math.round(silentMs / 1000);
    const reports = this.#reportAt !== undefined && this.#reportAt > this.#packetAt + OVERTAKEN_MS;
    if (this.#endMs > 0 && silentMs >= this.#endMs && !this.#ended) {
      this.#ended = true;
      this.#around.emit('silence', { seconds, reports, tooLong: true });
    } else if (this.#silenceMs > 0 && silentMs >= this.#silenceMs && this.#silentSince === undefined) {
      this.#silentSince = this.#packetAt;
      this.#around.emit('silence', { seconds, reports, tooLong: false });
    }
  }
}
