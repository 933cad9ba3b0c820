/** What a running simulator offers to this process. */
export interface RunningSimulator {
  url: string;
  phoneUrl: string;
  settings: {
    accessToken: string;
    appSecret: string;
    verifyToken: string;
    phoneNumberId: string;
    wabaId: string;
    businessNumber: string;
  };
  setWebhook(url: string): Promise<void> | void;
  close(): Promise<void>;
}

interface Shared {
  running: Promise<RunningSimulator>;
  users: number;
  idle: NodeJS.Timeout | undefined;
}

export interface SimulatorLease {
  simulator: RunningSimulator;
  /** @param lingerMs how long the simulator is kept without users, for whoever comes after a deploy */
  release(lingerMs: number): Promise<void>;
}

/**
 * The simulator of this process: started for the first number that wants it, shared by all, stopped after the last.
 */
export class SimulatorHost {
  #shared: Shared | undefined;
  /** The one before: it writes its state when it stops, and the next reads it. */
  #stopping: Promise<void> = Promise.resolve();

  /** @param start starts the simulator; not called while one runs */
  async acquire(start: () => Promise<RunningSimulator>): Promise<SimulatorLease> {
    const shared = this.#shared ?? this.#launch(start);
    clearTimeout(shared.idle);
    shared.users += 1;
    let held = true;
    const release = async (lingerMs: number): Promise<void> => {
      if (!held) return;
      held = false;
      shared.users -= 1;
      if (shared.users > 0) return;
      if (lingerMs === 0) return this.#stop(shared);
      shared.idle = setTimeout(() => this.#stop(shared).catch(() => undefined), lingerMs);
    };
    try {
      return { simulator: await shared.running, release };
    } catch (error) {
      shared.users -= 1;
      if (this.#shared === shared) this.#shared = undefined;
      throw error;
    }
  }

  #launch(start: () => Promise<RunningSimulator>): Shared {
    const shared: Shared = { running: this.#stopping.then(start), users: 0, idle: undefined };
    this.#shared = shared;
    return shared;
  }

  async #stop(shared: Shared): Promise<void> {
    if (shared.users > 0) return;
    if (this.#shared === shared) this.#shared = undefined;
    clearTimeout(shared.idle);
    this.#stopping = shared.running.then((simulator) => simulator.close()).catch(() => undefined);
    await this.#stopping;
  }
}

/** The simulator of this process. */
export const simulatorHost = new SimulatorHost();
