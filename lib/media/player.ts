import { readFile, stat } from 'node:fs/promises';
import { MediaError, type PlayOptions, type PlayResult } from './media.ts';
import { openPrompt, type Prompt } from './prompt.ts';
import { FRAME_MS } from './rtp-clock.ts';
import type { RunningTask, TaskReport } from './task.ts';

/**
 * Silence between the pick-up and the first word. Phones open their loudspeaker late, so that the first word would be cut
 * (Meta Cloud API calling documentation, "Audio clipping", 2026-03-23: 200-500 ms).
 */
const LEAD_IN_MS = 200;
const LARGEST_FILE = 256 * 1024 * 1024;

interface Entry extends RunningTask {
  prompt: Promise<Prompt | undefined>;
  ready: Prompt | undefined;
  report: TaskReport<void, PlayResult>;
  packets: number;
}

async function load({ source }: PlayOptions): Promise<Uint8Array> {
  if ('wav' in source) return source.wav;
  try {
    const { size } = await stat(source.file);
    if (size > LARGEST_FILE)
      throw new MediaError('media_file_invalid', 'The WAV file is larger than 256 MB.', 'Split it, or lower its rate.');
    return await readFile(source.file);
  } catch (error) {
    if (error instanceof MediaError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new MediaError(
      'media_file_missing',
      `The WAV file cannot be read (${code}).`,
      'Check its path and that the Node-RED process may read it.',
    );
  }
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
      packets: 0,
      prompt: load(options)
        .then((bytes) => openPrompt(bytes, this.#maximumRate))
        .then(
          (prompt) => {
            if (this.#queue.includes(entry)) entry.ready = prompt;
            else prompt.free();
            return prompt;
          },
          (error: MediaError) => {
            if (this.#remove(entry)) report.failed(error);
            return undefined;
          },
        ),
      stop: async (reason) => this.#end(entry, reason),
    };
    this.#queue.push(entry);
    return entry;
  }

  /** The packet to send in the beat of `at` (ms), if something is playing. */
  next(at: number): Uint8Array | undefined {
    if (this.#openAt === undefined) return undefined;
    for (let entry = this.#queue[0]; entry?.ready; entry = this.#queue[0]) {
      if (at < this.#openAt + LEAD_IN_MS) return entry.ready.silence();
      const packet = entry.ready.next();
      if (packet) {
        if (entry.packets === 0) entry.report.started();
        entry.packets += 1;
        return packet;
      }
      if (entry.packets === 0) entry.report.started();
      this.#end(entry, 'whole');
    }
    return undefined;
  }

  #end(entry: Entry, result: PlayResult['result']): void {
    if (!this.#remove(entry)) return;
    const length = entry.ready?.seconds ?? 0;
    const played = result === 'whole' ? length : Math.min(length, (entry.packets * FRAME_MS) / 1000);
    entry.ready?.free();
    entry.report.done({ result, playedSeconds: Math.round(played * 1000) / 1000 });
  }

  #remove(entry: Entry): boolean {
    const index = this.#queue.indexOf(entry);
    if (index >= 0) this.#queue.splice(index, 1);
    return index >= 0;
  }
}
