import { type Channels, connect, createChannels } from './channels.ts';
import type { Log } from './deps.ts';
import { createLease, type Lease } from './lease.ts';
import { told } from './patience.ts';
import type { EndCause, Switchboard } from './switchboard.ts';

export type { Lease } from './lease.ts';

/** A running switchboard with those who hold it. */
interface Line {
  fingerprint: string;
  switchboard: Switchboard;
  channels: Channels;
  holders: Set<symbol>;
  parked: NodeJS.Timeout | undefined;
}

/**
 * The switchboards of this process, which outlive the nodes that use them: a redeploy that leaves a configuration as
 * it was finds its switchboard again, with its live calls.
 */
export class Exchange {
  readonly #lines = new Map<string, Line>();
  /** One opening or closing per key at a time: two nodes must not create two switchboards for one number. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #log: Log = () => {};

  /**
   * The switchboard for a key: the one that runs, if the fingerprint is the same; else a new one, after the old one has
   * ended its calls (`config_removed`). What the old one told without anybody listening goes to the new one's listeners.
   *
   * @param key what there may be only one of: the business number's id at its provider
   * @param fingerprint everything that makes up the configuration
   * @param create makes a switchboard as `createSwitchboard` does, not started. What it or its start throws, this throws
   * @param log told when a listener fails
   */
  acquire(key: string, fingerprint: string, create: () => Promise<Switchboard>, log?: Log): Promise<Lease> {
    return this.#inTurn(key, async () => {
      if (log !== undefined) this.#log = log;
      const old = this.#lines.get(key);
      if (old !== undefined && old.fingerprint !== fingerprint) await this.#close(key, old, 'config_removed');
      const line = this.#lines.get(key) ?? (await this.#open(key, fingerprint, create, old?.channels));
      clearTimeout(line.parked);
      return createLease({
        switchboard: line.switchboard,
        channels: line.channels,
        holders: line.holders,
        endAfter: (ms) => this.#park(key, line, ms),
        endNow: (cause, graceMs) => this.#inTurn(key, () => this.#closeUnheld(key, line, cause, graceMs)),
      });
    });
  }

  /** Ends everything, for shutdown. */
  async closeAll(cause: EndCause, graceMs?: number): Promise<void> {
    const keys = new Set([...this.#lines.keys(), ...this.#turns.keys()]);
    const closing = [...keys].map((key) =>
      this.#inTurn(key, async () => {
        const line = this.#lines.get(key);
        if (line !== undefined) await this.#close(key, line, cause, graceMs);
      }),
    );
    await Promise.all(closing);
  }

  /** How many switchboards run. */
  size(): number {
    return this.#lines.size;
  }

  async #open(
    key: string,
    fingerprint: string,
    create: () => Promise<Switchboard>,
    inherited: Channels | undefined,
  ): Promise<Line> {
    const switchboard = await create();
    const channels = inherited ?? createChannels((level, text) => this.#log(level, text));
    // Before the start, which tells what a crash left untold.
    connect(channels, switchboard);
    try {
      await switchboard.start();
    } catch (error) {
      await switchboard.close('config_removed', 0).catch(() => {});
      throw error;
    }
    const line: Line = { fingerprint, switchboard, channels, holders: new Set(), parked: undefined };
    this.#lines.set(key, line);
    return line;
  }

  #park(key: string, line: Line, ms: number): void {
    clearTimeout(line.parked);
    line.parked = setTimeout(() => {
      this.#inTurn(key, () => this.#closeUnheld(key, line, 'config_removed')).catch((error: unknown) => {
        this.#log('error', `Ending the calls of a removed configuration failed: ${told(error)}`);
      });
    }, ms);
  }

  /** By its turn somebody may have taken it over. */
  async #closeUnheld(key: string, line: Line, cause: EndCause, graceMs?: number): Promise<void> {
    if (line.holders.size === 0 && this.#lines.get(key) === line) await this.#close(key, line, cause, graceMs);
  }

  async #close(key: string, line: Line, cause: EndCause, graceMs?: number): Promise<void> {
    clearTimeout(line.parked);
    this.#lines.delete(key);
    await line.switchboard.close(cause, graceMs);
  }

  #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.#turns.get(key) ?? Promise.resolve()).then(work);
    const over = mine.then(
      () => {},
      () => {},
    );
    this.#turns.set(key, over);
    void over.then(() => {
      if (this.#turns.get(key) === over) this.#turns.delete(key);
    });
    return mine;
  }
}

/** The exchange of this process. */
export const exchange = new Exchange();
