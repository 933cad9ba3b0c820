import { type Interruption, MediaError, type PlayOptions, type PlayResult } from './media.ts';
import { openPrompt, type Prompt } from './prompt.ts';
import { FRAME_MS } from './rtp-clock.ts';
import type { RunningTask, TaskReport } from './task.ts';
import { openWavFile } from './wav-file.ts';
import { openWav } from './wav-reader.ts';

/**
 * Silence between the pick-up and the first word. Phones open their loudspeaker late, so that the first word would be cut
 * (Meta Cloud API calling documentation, "Audio clipping", 2026-03-23: 200-500 ms).
 */
const LEAD_IN_MS = 200;
const MAX_SECONDS = 600;
const MAX_BYTES = 50_000_000;

interface Entry extends RunningTask {
  ready: Prompt | undefined;
  report: TaskReport<void, PlayResult>;
  interruptBy: readonly Interruption[];
  packets: number;
  late: number;
}

async function load(options: PlayOptions, maximumRate: number): Promise<Prompt> {
  const { source, times = 1, maxSeconds = MAX_SECONDS, maxBytes = MAX_BYTES } = options;
  if (!(times >= 1) || (Number.isFinite(times) && !Number.isInteger(times)))
    throw new MediaError(
      'media_options_refused',
      `A sound cannot be played ${times} times.`,
      'Use a whole number from 1, or endless.',
    );
  const limits = { maxSeconds, maxBytes };
  const wav = 'wav' in source ? openWav(source.wav, limits) : await openWavFile(source.file, limits);
  return openPrompt(wav, maximumRate, times);
}

/** The queue of prompts of one leg: one after the other, from the moment the person has picked up and can be heard. */
export class Player {
  readonly #queue: Entry[] = [];
  #openAt: number | undefined;
  #maximumRate = 48_000;

  setMaximumRate(rate: number): void {
    this.#maximumRate = rate;
  }

  /** The gate opened at this moment (ms): connected and accepted. */
  open(at: number): void {
    this.#openAt ??= at;
  }

  /** Is a prompt being sent (or its lead-in)? */
  get playing(): boolean {
    return this.#openAt !== undefined && this.#queue[0]?.ready !== undefined;
  }

  play(options: PlayOptions, report: TaskReport<void, PlayResult>): RunningTask {
    const entry: Entry = {
      report,
      ready: undefined,
      interruptBy: options.interruptBy ?? [],
      packets: 0,
      late: 0,
      stop: async (reason) => this.#end(entry, { result: reason }),
    };
    this.#queue.push(entry);
    load(options, this.#maximumRate).then(
      (prompt) => {
        if (this.#queue.includes(entry)) entry.ready = prompt;
        else prompt.free();
      },
      (error: MediaError) => this.#fail(entry, error),
    );
    return entry;
  }

  /** Ends every prompt that this may cut short, also those that wait their turn: who answers early has heard enough of the menu. */
  interrupt(by: Interruption): void {
    if (this.#openAt === undefined) return;
    for (const entry of this.#queue.filter(({ interruptBy }) => interruptBy.includes(by)))
      this.#end(entry, { result: 'interrupted', by, atMs: entry.packets * FRAME_MS });
  }

  /** What the packet that is being sent was made of. */
  get samples(): Int16Array | undefined {
    return this.#queue[0]?.ready?.samples();
  }

  /** The packet to send in the beat of `at` (ms), if something is playing. */
  next(at: number): Uint8Array | undefined {
    if (this.#openAt === undefined) return undefined;
    for (let entry = this.#queue[0]; entry?.ready; entry = this.#queue[0]) {
      if (at < this.#openAt + LEAD_IN_MS) return entry.ready.silence();
      const packet = this.#packet(entry, entry.ready);
      if (packet === 'failed') continue;
      if (packet === 'late') {
        entry.late += 1;
        return entry.ready.silence();
      }
      if (entry.packets === 0) entry.report.started();
      if (packet) {
        entry.packets += 1;
        return packet;
      }
      this.#end(entry, { result: 'whole' });
    }
    return undefined;
  }

  #packet(entry: Entry, prompt: Prompt): ReturnType<Prompt['next']> | 'failed' {
    try {
      return prompt.next();
    } catch (error) {
      this.#fail(entry, error as MediaError);
      return 'failed';
    }
  }

  #end(entry: Entry, how: Pick<PlayResult, 'result' | 'by' | 'atMs'>): void {
    if (!this.#remove(entry)) return;
    const length = entry.ready?.seconds ?? 0;
    const played = how.result === 'whole' ? length : Math.min(length, (entry.packets * FRAME_MS) / 1000);
    entry.ready?.free();
    const playedSeconds = Math.round(played * 1000) / 1000;
    entry.report.done({
      ...how,
      playedSeconds,
      ...(how.atMs !== undefined && { atMs: Math.round(playedSeconds * 1000) }),
      ...(entry.late > 0 && { stalledMs: entry.late * FRAME_MS }),
    });
  }

  #fail(entry: Entry, error: MediaError): void {
    if (!this.#remove(entry)) return;
    entry.ready?.free();
    entry.report.failed(error);
  }

  #remove(entry: Entry): boolean {
    const index = this.#queue.indexOf(entry);
    if (index >= 0) this.#queue.splice(index, 1);
    return index >= 0;
  }
}
