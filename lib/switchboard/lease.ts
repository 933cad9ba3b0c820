import type { Channels } from './channels.ts';
import type { Subscription } from './subscription.ts';
import type { CallChange, EndCause, MessageStatus, PermissionChange, Switchboard } from './switchboard.ts';

/** A node's hold on a switchboard that may live longer than the node. */
export interface Lease {
  /** The switchboard; its `on…` methods go through the exchange's queues, so nothing is lost between two holders. */
  readonly switchboard: Switchboard;
  /** Like `switchboard.onCall`, by owner: a new instance of a node replaces the listener of its old one. */
  onCall(owner: string, listener: (change: CallChange) => void): () => void;
  onPermission(owner: string, listener: (change: PermissionChange) => void): () => void;
  onMessageStatus(owner: string, listener: (status: MessageStatus) => void): () => void;
  /** The holder goes, a new one may come within `ms`: live calls go on. After that they are ended (`config_removed`). */
  park(ms: number): void;
  /** The holder goes for good: ends the calls now, unless somebody else holds the switchboard. */
  end(cause: EndCause, graceMs?: number): Promise<void>;
}

/** What a lease needs of the line it holds. */
export interface Held {
  switchboard: Switchboard;
  channels: Channels;
  holders: Set<symbol>;
  /** Ends the line after `ms`, unless it has a holder by then. */
  endAfter(ms: number): void;
  /** Ends the line, unless it has a holder. */
  endNow(cause: EndCause, graceMs?: number): Promise<void>;
}

export function createLease({ switchboard, channels, holders, endAfter, endNow }: Held): Lease {
  const holder = Symbol('holder');
  holders.add(holder);
  const listening = new Set<() => void>();

  function listen<Change>(
    subscription: Subscription<Change>,
    owner: unknown,
    listener: (change: Change) => void,
  ): () => void {
    const stop = subscription.listen(owner, listener);
    const off = (): void => {
      stop();
      listening.delete(off);
    };
    listening.add(off);
    return off;
  }

  const stopListening = (): void => {
    for (const off of [...listening]) off();
  };

  return {
    switchboard: {
      ...switchboard,
      onCall: (listener) => listen(channels.calls, Symbol('plain'), listener),
      onPermission: (listener) => listen(channels.permissions, Symbol('plain'), listener),
      onMessageStatus: (listener) => listen(channels.statuses, Symbol('plain'), listener),
      onTemplate: (listener) => listen(channels.templates, Symbol('plain'), listener),
    },
    onCall: (owner, listener) => listen(channels.calls, owner, listener),
    onPermission: (owner, listener) => listen(channels.permissions, owner, listener),
    onMessageStatus: (owner, listener) => listen(channels.statuses, owner, listener),
    park: (ms) => {
      stopListening();
      if (holders.delete(holder) && holders.size === 0) endAfter(ms);
    },
    end: async (cause, graceMs) => {
      // Listeners stay until the calls have ended, so that their flows hear it.
      if (holders.delete(holder) && holders.size === 0) await endNow(cause, graceMs);
      stopListening();
    },
  };
}
