import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { MediaEngineName } from './media.ts';

/** Where the calls of one WebRTC library live: a worker thread, or a process that behaves like one. */
export interface MediaHost {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** `message` with what was posted, `error`, and `exit` with the code (or the signal) that ended it. */
  on(event: 'message' | 'error' | 'exit', listener: (...args: never[]) => void): unknown;
  /** Of a process of its own. */
  readonly pid?: number | undefined;
  ref(): void;
  unref(): void;
  /** Ends it at once. Resolves when it is gone. */
  terminate(): Promise<unknown>;
}

class MediaProcess implements MediaHost {
  readonly #child: ChildProcess;

  constructor(entry: URL) {
    this.#child = fork(fileURLToPath(entry), { serialization: 'advanced', execArgv: [] });
  }

  postMessage(message: unknown): void {
    // One that has just died says so by itself.
    if (this.#child.connected) this.#child.send(message as object, () => undefined);
  }

  on(event: 'message' | 'error' | 'exit', listener: (...args: never[]) => void): unknown {
    const tell = listener as (value: unknown) => void;
    if (event !== 'exit') return this.#child.on(event, tell);
    return this.#child.on('exit', (code, signal) => tell(code ?? signal));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  ref(): void {
    this.#child.ref();
    this.#child.channel?.ref();
  }

  unref(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }

  async terminate(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.ref();
    child.kill('SIGKILL');
    await gone;
  }
}

/** Starts the home of a library's calls: a thread for the one in JavaScript, a process for the native one, because a fault of it ends its process. */
export async function startHost(library: MediaEngineName): Promise<MediaHost> {
  const { workerUrl } = await import('../runtime/worker-url.mts');
  const entry = workerUrl('media/worker');
  if (library === 'node-datachannel') return new MediaProcess(entry);
  const thread = new Worker(entry, {
    name: 'media',
    // The main program's flags (an --input-type, a --require of somebody's instrumentation) are not ours.
    execArgv: [],
  });
  // It has all of it, but the types of its listeners and of ours do not meet.
  return thread as unknown as MediaHost;
}
