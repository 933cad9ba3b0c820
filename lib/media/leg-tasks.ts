import type { Written } from './media.ts';
import { Recorder } from './recorder.ts';
import { Stream } from './stream.ts';
import type { RunningTask } from './task.ts';

/** The tasks that run on one leg, by id. A command for a task that is over, or is of another kind, does nothing. */
export class LegTasks {
  readonly #tasks = new Map<string, RunningTask>();

  /** @param start begins the task; it is given what to call when it is over, which may be at once */
  add(id: string, start: (ended: () => void) => RunningTask): void {
    let over = false;
    const task = start(() => {
      over = true;
      this.#tasks.delete(id);
    });
    if (!over) this.#tasks.set(id, task);
  }

  async stop(id: string): Promise<void> {
    await this.#tasks.get(id)?.stop('stopped');
  }

  /** The call is over. */
  stopAll(): Promise<void>[] {
    return [...this.#tasks.values()].map((task) => task.stop('call_ended'));
  }

  /** Only recordings pause. */
  pause(id: string, on: boolean): void {
    const task = this.#tasks.get(id);
    if (!(task instanceof Recorder)) return;
    if (on) task.pause(performance.now());
    else task.resume(performance.now());
  }

  write(id: string, pcm: Uint8Array): Written {
    return this.#stream(id)?.write(pcm) ?? { queuedMs: 0, refusedMs: 0 };
  }

  mark(id: string, name: string): void {
    this.#stream(id)?.mark(name);
  }

  clear(id: string): number {
    return this.#stream(id)?.clear('flow') ?? 0;
  }

  #stream(id: string): Stream | undefined {
    const task = this.#tasks.get(id);
    return task instanceof Stream ? task : undefined;
  }
}
