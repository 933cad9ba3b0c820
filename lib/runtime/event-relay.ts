import type { CallChange, MessageStatus, PermissionChange, Switchboard } from '../switchboard/switchboard.ts';
import type { TemplateChange } from '../template/template.ts';
import type { FlowLifecycle } from './flow-lifecycle.ts';

interface Kinds {
  call: CallChange;
  permission: PermissionChange;
  status: MessageStatus;
  template: TemplateChange;
}
type Item = { [K in keyof Kinds]: { kind: K; change: Kinds[K] } }[keyof Kinds];
type Listeners = { [K in keyof Kinds]: Set<(change: Kinds[K]) => void> };
/** What tells. */
type Source = Pick<Switchboard, 'onCall' | 'onPermission'> &
  Partial<Pick<Switchboard, 'onMessageStatus' | 'onTemplate'>>;

/** More than this many events in one deploy means that nobody is coming back for them. */
const MOST_HELD = 10_000;

/**
 * Stands between a switchboard, which outlives deploys, and nodes, which do not. What happens while nodes are being
 * replaced is held and handed to their successors, so that a deploy at the wrong moment swallows no *ended* message.
 */
export class EventRelay {
  readonly #lifecycle: FlowLifecycle;
  readonly #listeners: Listeners = { call: new Set(), permission: new Set(), status: new Set(), template: new Set() };
  readonly #held: Item[] = [];
  readonly #report: (error: unknown) => void;

  /** @param report told when a listener throws, so that one node's mistake does not keep the event from the others */
  constructor(lifecycle: FlowLifecycle, report: (error: unknown) => void) {
    this.#lifecycle = lifecycle;
    this.#report = report;
  }

  /** Listens to a switchboard for as long as it lives. */
  connect(switchboard: Source): void {
    switchboard.onCall((change) => this.#take({ kind: 'call', change }));
    switchboard.onPermission((change) => this.#take({ kind: 'permission', change }));
    switchboard.onMessageStatus?.((change) => this.#take({ kind: 'status', change }));
    switchboard.onTemplate?.((change) => this.#take({ kind: 'template', change }));
  }

  onCall(listener: (change: CallChange) => void): () => void {
    return this.#listen('call', listener);
  }

  onPermission(listener: (change: PermissionChange) => void): () => void {
    return this.#listen('permission', listener);
  }

  /** How messages to people fare, permission requests among them. */
  onMessageStatus(listener: (status: MessageStatus) => void): () => void {
    return this.#listen('status', listener);
  }

  onTemplate(listener: (change: TemplateChange) => void): () => void {
    return this.#listen('template', listener);
  }

  #listen<K extends keyof Kinds>(kind: K, listener: (change: Kinds[K]) => void): () => void {
    const listeners: Set<(change: Kinds[K]) => void> = this.#listeners[kind];
    listeners.add(listener);
    return () => listeners.delete(listener);
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
    const listeners: ReadonlySet<(change: never) => void> = this.#listeners[item.kind];
    for (const listener of [...listeners]) {
      try {
        listener(item.change as never);
      } catch (error) {
        this.#report(error);
      }
    }
  }
}
