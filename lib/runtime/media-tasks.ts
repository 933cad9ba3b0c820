import type { MediaTask, RecordTask, StreamTask } from '../media/media.ts';

export type MediaAction = 'play' | 'record' | 'rtp' | 'stream' | 'digits' | 'speech';

interface RunningTask {
  callId: string;
  nodeId: string;
  action: MediaAction;
  task: MediaTask<unknown, unknown> & Partial<Pick<RecordTask, 'pause' | 'resume'>> & { stream?: StreamTask };
}

/** What runs on the media of this process's calls, so that *stop* finds what another node (or instance) started. */
export class MediaTasks {
  readonly #running = new Set<RunningTask>();

  /** Remembers a task until it is over. */
  add(entry: RunningTask): void {
    this.#running.add(entry);
    const forget = (): void => {
      this.#running.delete(entry);
    };
    entry.task.done.then(forget, forget);
  }

  /** How many tasks a node has going on. */
  count(nodeId: string): number {
    return [...this.#running].filter((entry) => entry.nodeId === nodeId).length;
  }

  /** The stream of a call: that of the node itself, or the newest of another. */
  stream(callId: string, nodeId: string): StreamTask | undefined {
    const streams = [...this.#running].filter((entry) => entry.callId === callId && entry.task.stream);
    return (streams.find((entry) => entry.nodeId === nodeId) ?? streams.at(-1))?.task.stream;
  }

  /**
   * Stops tasks of a call and resolves when they have stopped.
   *
   * @param which one action, or all of them
   * @returns how many there were
   */
  async stop(callId: string, which: MediaAction | 'all'): Promise<number> {
    const chosen = [...this.#running].filter(
      (entry) => entry.callId === callId && (which === 'all' || entry.action === which),
    );
    await Promise.all(chosen.map((entry) => entry.task.stop()));
    return chosen.length;
  }

  /**
   * Pauses or resumes the recordings of a call. Resolves when nothing more is recorded, or everything again.
   *
   * @returns how many there were
   */
  async pause(callId: string, how: 'pause' | 'resume'): Promise<number> {
    const chosen = [...this.#running].filter((entry) => entry.callId === callId && entry.action === 'record');
    await Promise.all(chosen.map(({ task }) => task[how]?.()));
    return chosen.length;
  }
}

/** The tasks of this process. */
export const mediaTasks = new MediaTasks();
