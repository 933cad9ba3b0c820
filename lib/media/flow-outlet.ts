import type { StreamOutlet } from './stream.ts';
import type { StreamNews } from './stream-options.ts';

/** Sound on its way to the main thread that nobody has taken note of yet. More waits here, where it can still be dropped. */
const MOST_ON_THE_WAY_MS = 400;

type Chunk = { news: Extract<StreamNews, { kind: 'chunk' }>; ms: number };

/**
 * Hands the sound of a stream to the main thread: transferred, not copied. What is on the way is bounded by the receipts that come back, what
 * waits by time: with a flow that hangs, the oldest is dropped and counted, and the call goes on.
 */
export class FlowOutlet implements StreamOutlet {
  readonly #post: (news: StreamNews, transfer: ArrayBuffer[]) => void;
  readonly #sampleRate: number;
  readonly #mostMs: number;
  readonly #queue: Chunk[] = [];
  readonly #onTheWay: number[] = [];
  #onTheWayMs = 0;
  #waitingMs = 0;

  constructor(sampleRate: number, mostBehindMs: number, post: (news: StreamNews, transfer: ArrayBuffer[]) => void) {
    this.#sampleRate = sampleRate;
    this.#mostMs = mostBehindMs;
    this.#post = post;
  }

  async open(): Promise<void> {}

  chunk(pcm: Int16Array, sequence: number, timeMs: number): number {
    const bytes = new Uint8Array(pcm.buffer as ArrayBuffer);
    const ms = (pcm.length * 1000) / this.#sampleRate;
    this.#queue.push({ news: { kind: 'chunk', pcm: bytes, sequence, timeMs, sampleRate: this.#sampleRate }, ms });
    this.#waitingMs += ms;
    this.#flow();
    let dropped = 0;
    while (this.#waitingMs > this.#mostMs && this.#queue.length > 1) {
      const { ms: oldest } = this.#queue.shift() as Chunk;
      this.#waitingMs -= oldest;
      dropped += oldest;
    }
    return dropped;
  }

  /** So many chunks were taken since the last receipt. */
  receipt(chunks: number): void {
    for (const ms of this.#onTheWay.splice(0, chunks)) this.#onTheWayMs -= ms;
    this.#flow();
  }

  tell(news: StreamNews): void {
    this.#post(news, []);
  }

  close(): void {
    // The last words, even if the flow is slow: there is an end to them.
    for (const { news } of this.#queue.splice(0)) this.#post(news, [news.pcm.buffer as ArrayBuffer]);
  }

  #flow(): void {
    while (this.#queue.length > 0 && this.#onTheWayMs < MOST_ON_THE_WAY_MS) {
      const { news, ms } = this.#queue.shift() as Chunk;
      this.#waitingMs -= ms;
      this.#onTheWay.push(ms);
      this.#onTheWayMs += ms;
      this.#post(news, [news.pcm.buffer as ArrayBuffer]);
    }
  }
}
