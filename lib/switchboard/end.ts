import type { CallView } from '../call/call.ts';
import type { Leg } from '../media/media.ts';
import type { Desk } from './desk.ts';
import { type LiveCall, view } from './live-call.ts';
import { within } from './patience.ts';
import { CallError, type EndCause } from './switchboard.ts';

/** After the grace: for what only has to be written down. */
const LAST_WORDS_MS = 1_000;

/** Ends a call and resolves with it once it is over. @throws CallError `call_unknown` */
export async function terminate(desk: Desk, id: string, cause: EndCause): Promise<CallView> {
  const call = find(desk, id);
  desk.apply(call, { kind: 'end', cause });
  await call.over;
  return view(call);
}

/** The leg of a live call. @throws CallError `call_unknown`, `call_ended`, `call_failed` (it has no audio here) */
export function legOf(desk: Desk, id: string): Leg {
  const call = find(desk, id);
  if (call.state.name === 'ended')
    throw new CallError('call_ended', 'The call has ended.', 'Use it between answered and ended.');
  if (call.leg === undefined)
    throw new CallError('call_failed', 'The call has no audio in this process.', 'Use it with a call placed here.');
  return call.leg;
}

function find(desk: Desk, id: string): LiveCall {
  const call = desk.registry.find(id);
  if (call !== undefined) return call;
  throw new CallError('call_unknown', 'There is no such call.', 'Pass msg.call on from the node that placed the call.');
}

/**
 * Ends all calls. What the provider has not confirmed within the grace stays open in the ledger: the next start on this
 * number ends it and tells the flows. Until then the tries go on, unless the process is about to stop. At a shutdown an
 * end that a webhook brought is told by the next start, too: nobody would hear it now.
 */
export async function closeAll(desk: Desk, cause: EndCause, graceMs: number): Promise<void> {
  desk.closed = true;
  desk.mute = cause === 'shutdown';
  desk.sweeper.stop();
  clearTimeout(desk.expiring);
  desk.webhookWaitMs = desk.settings.closingWebhookWaitMs;
  const calls = desk.registry.live();
  for (const call of calls) desk.apply(call, { kind: 'end', cause });
  await within(graceMs, Promise.all(calls.map((call) => call.over)));
  for (const call of calls) if (!call.told) letGo(desk, call, cause);
  await within(LAST_WORDS_MS, Promise.all([...calls.map((call) => call.over), ...desk.background]));
  desk.shut = true;
  desk.calls.clear();
  desk.permissions.clear();
  desk.statuses.clear();
}

function letGo(desk: Desk, call: LiveCall, cause: EndCause): void {
  if (call.state.name === 'ended') {
    call.settling?.abort();
    return;
  }
  if (call.state.name === 'ending' && call.state.confirmed) {
    desk.apply(call, { kind: 'end_overdue' });
    return;
  }
  desk.deps.log('error', `The end of call ${call.id} was not confirmed in time; the next start will see to it.`);
  if (cause === 'shutdown') call.terminating?.abort();
  call.timers.stopAll();
  call.leg?.close().catch(() => {});
  call.markOver();
}
