import type { CallChange, PermissionChange, Switchboard } from '../switchboard/switchboard.ts';
import type { FlowLifecycle } from './flow-lifecycle.ts';

type Item = { kind: 'call'; change: CallChange } | { kind: 'permission'; change: PermissionChange };

/** More than this many events in one deploy means that nobody is coming back for them. */
const MOST_HELD = 10_000;

/**
 * Stands between a switchboard, which outlives deploys, and nodes, which do not. What happens while nodes are being
 * replaced is held and handed to their successors, so that a deploy at the wrong moment swallows no *ended* message.
 */
export class EventRelay {
  readonly #lifecycle: FlowLifecycle;
  readonly #calls = new Set<(change: CallChange) => void>();
  readonly #permissions = new Set<(change: PermissionChange) => void>();
  readonly #held: Item[] = [];
  readonly #report: (error: unknown) => void;

  /** @param report told when a listener throws, so that one node's mistake does not keep the event from the others */
  constructor(lifecycle: FlowLifecycle, report: (error: unknown) => void) {
    this.#lifecycle = lifecycle;
    this.#report = report;
  }

  /** Listens to a switchboard for as long as it lives. */
  connect(switchboard: Pick<Switchboard, 'onCall' | 'onPermission'>): void {
    switchboard.onCall((change) => this.#take({ kind: 'call', change }));
    switchboard.onPermission((change) => this.#take({ kind: 'permission', change }));
  }

  onCall(listener: (change: CallChange) => void): () => void {
    this.#calls.add(listener);
    return () => this.#calls.delete(listener);
  }

  onPermission(listener: (change: PermissionChange) => void): () => void {
    this.#permissions.add(listener);
    return () => this.#permissions.delete(listener);
  }

  #take(item: Item): void {
    if (this.#lifecycle.settled && this.#held.length === 0) {
      this.#deliver(item);
      return;
    }
    if (this.#held.length >= MOST_HELD) this.#held.shift();
    this.#held.push(item);
    if (this.#held.length === 1) this.#lifecycle.whenSettled(() => this.#flush());
  }

  #flush(): void {
    for (const item of this.#held.splice(0)) this.#deliver(item);
  }

  #deliver(item: Item): void {
    const listeners: ReadonlySet<(change: never) => void> = item.kind === 'call' ? this.#calls : this.#permissions;
    for (const listener of [...listeners]) {
      try {
        listener(item.change as never);
      } catch (error) {
        this.#report(error);
      }
    }
  }
}
