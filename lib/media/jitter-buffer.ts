import { ArrivalDelay } from './arrival-delay.ts';
import { IncomingStream } from './incoming-stream.ts';
import type { JitterBufferSettings, JitterStatistics, MediaPacket, Turn } from './jitter-options.ts';
import { timestampDistance } from './rtp-clock.ts';

export type { JitterBufferSettings, JitterStatistics, MediaPacket, Turn } from './jitter-options.ts';

interface Held {
  packet: MediaPacket;
  sequence: number;
  /** Begin and end in ticks of an endless timeline. */
  from: number;
  to: number;
}

/** One turn without a packet, and the delay's own step. */
const FRAME_MS = 20;
/** Longer losses are silence: concealment beyond this only hums. */
const MOST_CONCEALED = 5;
/** An arrival that differs by more than this from its RTP time is another clock: the sender started anew. */
const RESTART_MS = 1000;
/** So much may wait above the greatest delay: a burst that comes at once. */
const SLACK_MS = 60;
const MOST_PACKETS = 128;
/** Delay grows by at most every third frame while somebody speaks, and shrinks by one every so many ms. */
const STRETCH_EVERY = 3;
const SHRINK_EVERY_MS = 200;
/** Late packets of a sender that has been replaced are not its return. */
const FORMER_MS = 2000;

/**
 * Puts packets back in order and decides, 20 ms after 20 ms, what is played: a packet, a replacement for a lost one, or silence. The delay
 * follows the network between 20 and 200 ms; it grows as soon as packets come late and shrinks only where it is not heard. A hole in the
 * timestamps alone is silence, a hole in the sequence is loss. Never holds more than the greatest delay. Pure: time is an argument.
 */
export class JitterBuffer {
  /** What has arrived, for receiver reports. */
  readonly stream: IncomingStream;
  readonly #settings: JitterBufferSettings;
  readonly #delay: ArrivalDelay;
  readonly #maximumMs: number;
  readonly #frame: number;
  #queue: Held[] = [];
  #counts = { played: 0, late: 0, discarded: 0, skipped: 0, recovered: 0, concealed: 0, stretched: 0, invalid: 0 };
  /** How the packets' own numbers lie on the endless timeline. */
  #line: { raw: number; ticks: number; sequenceOffset: number; firstSequence: number; end: number } | undefined;
  /** Places in the sequence that carry no sound. */
  readonly #omitted = new Set<number>();
  #anew = false;
  #former: { ssrc: number; until: number } | undefined;
  #highest = 0;
  #startAt = 0;
  /** What is to be played next; undefined before the first turn. */
  #cursor: number | undefined;
  #nextSequence = 0;
  /** End of the newest sound that was really played: before it nothing can be played any more. */
  #spent = Number.NEGATIVE_INFINITY;
  #lastTicks: number;
  #concealedInRow = 0;
  #resting = false;
  #sinceStretch = 0;
  #shrunkAt = Number.NEGATIVE_INFINITY;
  #delayMs = 0;

  constructor(settings: JitterBufferSettings) {
    this.#settings = settings;
    this.#maximumMs = settings.maximumMs ?? 200;
    this.#frame = FRAME_MS * settings.ticksPerMs;
    this.#lastTicks = this.#frame;
    this.#delay = new ArrivalDelay(settings.minimumMs ?? 20, this.#maximumMs, FRAME_MS);
    this.stream = new IncomingStream(settings.ticksPerMs);
  }

  /**
   * Takes a packet that arrived at `at` (ms).
   * @returns whether it will be played
   */
  push(packet: MediaPacket, at: number): boolean {
    const ticks = packet.comfort ? 0 : this.#settings.duration(packet.payload);
    if (ticks === undefined) {
      this.#counts.invalid += 1;
      return false;
    }
    if (packet.ssrc === this.#former?.ssrc && at < this.#former.until) {
      this.#counts.late += 1;
      return false;
    }
    const { ssrc, restarts } = this.stream;
    const extended = this.stream.accept(packet, at);
    if (extended === undefined) return false;
    if (ssrc !== undefined && ssrc !== this.stream.ssrc) this.#former = { ssrc, until: at + FORMER_MS };
    const held = this.#place(packet, extended, ticks, at, this.#anew || restarts !== this.stream.restarts);
    this.#anew = false;
    if (held) this.#insert(held, at);
    return held !== undefined;
  }

  /**
   * Takes note of a packet of the same stream that carries no sound (a key press), so that its place in the sequence is not taken for a loss.
   * @returns whether it is new
   */
  omit(packet: { ssrc: number; sequenceNumber: number; timestamp: number }, at: number): boolean {
    if (packet.ssrc === this.#former?.ssrc && at < this.#former.until) return false;
    const { restarts } = this.stream;
    const extended = this.stream.accept(packet, at, false);
    if (extended === undefined) return false;
    if (restarts !== this.stream.restarts) this.#anew = true;
    if (!this.#line || this.#anew) return true;
    if (this.#omitted.size >= MOST_PACKETS) this.#omitted.clear();
    this.#omitted.add(extended + this.#line.sequenceOffset);
    return true;
  }

  /**
   * What to play next at `at` (ms). Call it as often as what it returned lasts; after `skipped` and `ticks` 0 call it again at once.
   * @param quiet nobody would hear it if the delay changed now
   */
  next(at: number, quiet = false): Turn {
    if (this.#cursor === undefined) {
      const [first] = this.#queue;
      if (!first || at < this.#startAt) return { kind: 'silence', ticks: this.#frame };
      this.#cursor = first.from;
      this.#nextSequence = first.sequence;
    }
    this.#delayMs = this.#delayOf(this.#cursor, at);
    this.#sinceStretch += 1;
    const [head] = this.#queue;
    if (!head) return this.#empty(at);
    if (head.from > this.#cursor) return this.#gap(head, this.#cursor, at);
    return this.#play(head, at, quiet || this.#resting);
  }

  statistics(): JitterStatistics {
    return {
      ...this.#counts,
      duplicates: this.stream.duplicates,
      delayMs: this.#delayMs,
      targetMs: this.#delay.target(),
      depth: this.#queue.length,
    };
  }

  /** Finds the packet's place on the timeline; nothing when its turn is over. */
  #place(packet: MediaPacket, extended: number, ticks: number, at: number, anew: boolean): Held | undefined {
    const { ticksPerMs } = this.#settings;
    const arrived = Math.round(at * ticksPerMs);
    const floor = this.#delay.floor;
    let line = this.#line;
    let from = line ? line.ticks + timestampDistance(packet.timestamp, line.raw) : arrived;
    const surprise = floor === undefined ? 0 : at - from / ticksPerMs - floor;
    if (!line || anew || Math.abs(surprise) > RESTART_MS) {
      if (line && !anew && extended + line.sequenceOffset <= this.#highest) {
        this.#counts.late += 1;
        return undefined;
      }
      // Goes on where the old numbers ended, or as much later as it came later.
      if (line) from = Math.max(line.end, Math.round((at - (floor ?? 0)) * ticksPerMs));
      else this.#startAt = at + this.#delay.target();
      const sequenceOffset = line ? this.#highest + 1 - extended : 0;
      line = {
        raw: packet.timestamp,
        ticks: from,
        sequenceOffset,
        firstSequence: extended + sequenceOffset,
        end: from,
      };
      this.#line = line;
    }
    const sequence = extended + line.sequenceOffset;
    const tooLate = from < this.#spent || sequence < line.firstSequence;
    const delay = at - from / ticksPerMs - (floor ?? Number.POSITIVE_INFINITY);
    const missed = this.#cursor !== undefined && from < this.#cursor;
    this.#delay.observe(at - from / ticksPerMs, at, missed);
    if (tooLate || (missed && delay > this.#maximumMs)) {
      this.#counts.late += 1;
      return undefined;
    }
    if (sequence > this.#highest) {
      this.#highest = sequence;
      line.raw = packet.timestamp;
      line.ticks = from;
    }
    line.end = Math.max(line.end, from + Math.max(ticks, 1));
    return { packet, sequence, from, to: from + ticks };
  }

  #insert(held: Held, at: number): void {
    let index = this.#queue.length;
    while (index > 0 && (this.#queue[index - 1] as Held).sequence > held.sequence) index -= 1;
    this.#queue.splice(index, 0, held);
    // It came after its turn, but nothing newer has been played: playing it now makes the delay as long as it needs to be.
    if (this.#cursor !== undefined && held.from < this.#cursor) this.#cursor = held.from;
    this.#bound(at);
  }

  /** Drops the oldest when more waits than the greatest delay: a burst, or a sender that is faster than we play. */
  #bound(at: number): void {
    const { ticksPerMs } = this.#settings;
    const newest = this.#queue.at(-1) as Held;
    const most = (this.#maximumMs + SLACK_MS) * ticksPerMs;
    const begin = this.#cursor ?? (this.#queue[0] as Held).from;
    if (newest.to - begin <= most && this.#queue.length <= MOST_PACKETS) return;
    const earliest = newest.to - this.#delay.target() * ticksPerMs;
    while (this.#queue.length > 1 && ((this.#queue[0] as Held).from < earliest || this.#queue.length > MOST_PACKETS)) {
      this.#spent = (this.#queue.shift() as Held).to;
      this.#counts.discarded += 1;
    }
    const [head] = this.#queue as [Held];
    if (this.#cursor === undefined) this.#startAt = Math.min(this.#startAt, at);
    else {
      this.#cursor = head.from;
      this.#nextSequence = head.sequence;
    }
  }

  #play(head: Held, at: number, quiet: boolean): Turn {
    const target = this.#delay.target();
    const missing = target - this.#delayMs;
    if (missing >= FRAME_MS / 2 && head.to > head.from && (quiet || this.#sinceStretch > STRETCH_EVERY)) {
      this.#sinceStretch = 0;
      this.#counts.stretched += 1;
      return { kind: this.#resting ? 'silence' : 'concealed', ticks: this.#frame };
    }
    const tooLong = this.#delayMs > this.#maximumMs + FRAME_MS;
    const shrinks = tooLong || (quiet && -missing >= FRAME_MS && at - this.#shrunkAt >= SHRINK_EVERY_MS);
    this.#queue.shift();
    // Only now it is sure what was lost, and not just late.
    const lost = head.sequence - this.#nextSequence - this.#omittedBefore(head.sequence);
    for (let count = 0; count < Math.min(lost, MOST_CONCEALED); count += 1) this.#delay.turn(true);
    this.#spent = head.to;
    this.#cursor = head.to;
    this.#nextSequence = Math.max(this.#nextSequence, head.sequence + 1);
    this.#concealedInRow = 0;
    const { packet } = head;
    const ticks = head.to - head.from;
    this.#resting = packet.comfort === true || (this.#settings.rests?.(packet.payload) ?? false);
    if (ticks > 0) this.#lastTicks = ticks;
    this.#delay.turn(false);
    if (shrinks && ticks > 0) {
      this.#shrunkAt = at;
      this.#counts.skipped += 1;
      return { kind: 'skipped', packet, ticks };
    }
    this.#counts.played += 1;
    return { kind: 'packet', packet, ticks };
  }

  /** The next packet that is here lies in the future. */
  #gap(head: Held, cursor: number, at: number): Turn {
    const missing = head.sequence - this.#nextSequence - this.#omittedBefore(head.sequence);
    const gap = head.from - cursor;
    const lost = missing > 0 && this.#concealedInRow < missing;
    if (lost && gap <= this.#lastTicks) {
      this.#concealedInRow += 1;
      this.#counts.recovered += 1;
      this.#cursor = head.from;
      this.#spent = head.from;
      return { kind: 'recovered', next: head.packet, ticks: gap };
    }
    if (lost && this.#concealedInRow < MOST_CONCEALED) {
      this.#concealedInRow += 1;
      this.#counts.concealed += 1;
      this.#cursor = cursor + this.#lastTicks;
      return { kind: 'concealed', ticks: this.#lastTicks };
    }
    // Where nothing is heard the delay may become what it should be at once.
    const wanted = this.#cursorAt(at);
    if (wanted >= head.from) {
      this.#cursor = head.from;
      this.#delayMs = this.#delayOf(head.from, at);
      return this.#play(head, at, true);
    }
    this.#cursor = Math.min(Math.max(cursor, wanted) + this.#frame, head.from);
    return { kind: 'silence', ticks: this.#frame };
  }

  #empty(at: number): Turn {
    const cursor = this.#cursor as number;
    if (this.#resting || this.#concealedInRow >= MOST_CONCEALED || this.#omitted.has(this.#nextSequence)) {
      this.#cursor = Math.max(this.#spent, this.#cursorAt(at) + this.#frame);
      return { kind: 'silence', ticks: this.#frame };
    }
    this.#concealedInRow += 1;
    this.#counts.concealed += 1;
    this.#cursor = cursor + this.#lastTicks;
    return { kind: 'concealed', ticks: this.#lastTicks };
  }

  #omittedBefore(sequence: number): number {
    let count = 0;
    for (const place of this.#omitted)
      if (place < this.#nextSequence) this.#omitted.delete(place);
      else if (place < sequence) count += 1;
    return count;
  }

  /** The cursor that has the delay aimed for. */
  #cursorAt(at: number): number {
    return Math.round((at - (this.#delay.floor ?? at) - this.#delay.target()) * this.#settings.ticksPerMs);
  }

  #delayOf(ticks: number, at: number): number {
    return at - (this.#delay.floor ?? at) - ticks / this.#settings.ticksPerMs;
  }
}
