import type { NodeMessage } from 'node-red';
import type { CallStateName } from '../call/call.ts';

/** The message that asked for a call, kept until the call has ended. */
export interface Ticket {
  nodeId: string;
  message: NodeMessage;
  callId?: string;
  state?: CallStateName;
}

/** Nobody has so many calls going on; tickets beyond are of calls whose end was never told. */
const MOST_TICKETS = 20_000;

/**
 * Messages of the calls going on in this process, so that *answered* and *ended* carry what the asking message carried,
 * also when the node instance was replaced by a deploy in between. A crash loses them; the call's `data` survives.
 */
export class CallTickets {
  readonly #tickets = new Map<string, Ticket>();

  /** @param id travels with the call (in its origin), because events may come before the provider's reply */
  open(id: string, ticket: Ticket): void {
    this.#tickets.set(id, ticket);
    if (this.#tickets.size > MOST_TICKETS) {
      const [oldest] = this.#tickets.keys();
      if (oldest !== undefined) this.#tickets.delete(oldest);
    }
  }

  get(id: string): Ticket | undefined {
    return this.#tickets.get(id);
  }

  close(id: string): void {
    this.#tickets.delete(id);
  }

  /** Tickets of one node. */
  of(nodeId: string): Ticket[] {
    return [...this.#tickets.values()].filter((ticket) => ticket.nodeId === nodeId);
  }
}

/** The tickets of this process. */
export const callTickets = new CallTickets();
