import type { CallView } from '../call/call.ts';
import type { Ticket } from './call-tickets.ts';
import type { Look, Status } from './status.ts';

const LIVE: Record<string, [Look, string]> = {
  reserved: ['waiting', 'calling'],
  placing: ['waiting', 'calling'],
  placed: ['waiting', 'calling'],
  ringing: ['ringing', 'ringing'],
  accepting: ['ringing', 'answering'],
  answered: ['connected', 'in_call'],
  ending: ['waiting', 'ending'],
};

/**
 * Shows what a node's calls do: the state of the only one, the number of several, the outcome of the last.
 *
 * @param last the call that the newest event was about
 */
export function showCalls(status: Status, tickets: Ticket[], last?: CallView): void {
  const live = tickets.filter((ticket) => ticket.state !== undefined && ticket.state !== 'ended');
  const [only] = live;
  const shown = only?.state === undefined ? undefined : LIVE[only.state];
  if (live.length > 1) status.show('connected', 'calls', { count: live.length });
  else if (shown) status.show(...shown);
  else if (last?.state === 'ended' && last.outcome)
    status.show(last.outcome === 'failed' ? 'failed' : 'idle', last.outcome);
  else status.clear();
}
