import type { CallView } from '../call/call.ts';
import { storedEnd } from '../call/recovered.ts';
import { viewOf } from '../call/view.ts';
import type { StoredCall } from '../ledger/ledger.ts';
import type { Leg } from '../media/media.ts';
import type { Desk } from './desk.ts';
import { endElsewhere, isOver } from './end-elsewhere.ts';
import { type LiveCall, view } from './live-call.ts';
import { within } from './patience.ts';
import { CallError, type EndCause } from './switchboard.ts';
import { endTakenOver, takeOver } from './take-over.ts';

/** After the grace: for what only has to be written down. */
const LAST_WORDS_MS = 1_000;
/** No id of a call is longer; what is cannot be looked up. */
const LONGEST_ID = 512;

/**
 * Ends a call and resolves with it once it is over, also one that another instance on the same store holds.
 * @throws CallError `call_unknown`, `call_failed` (another instance's call could not be ended), LedgerError
 */
export async function terminate(desk: Desk, id: string, cause: EndCause): Promise<CallView> {
  const call = desk.registry.find(id);
  return call === undefined ? terminateUnheld(desk, id, cause) : terminateHeld(desk, call, cause);
}

async function terminateHeld(desk: Desk, call: LiveCall, cause: EndCause): Promise<CallView> {
  desk.apply(call, { kind: 'end', cause });
  await call.over;
  return view(call);
}

/** A call that only the ledger knows. Two flows with the same wish wait for the same end. */
async function terminateUnheld(desk: Desk, id: string, cause: EndCause): Promise<CallView> {
  const stored = await lookUp(desk, id);
  if (stored === undefined) throw unknown();
  const under = desk.endingElsewhere.get(stored.reservationId);
  if (under !== undefined) return under;
  const ending = endStored(desk, stored, cause).finally(() => desk.endingElsewhere.delete(stored.reservationId));
  desk.endingElsewhere.set(stored.reservationId, ending);
  return ending;
}

async function endStored(desk: Desk, stored: StoredCall, cause: EndCause): Promise<CallView> {
  if (isOver(stored)) return endedView(desk, stored);
  // Nobody holds it: its instance died, or this process had to let go of it. Else the store leaves it with its owner.
  endTakenOver(desk, await takeOver(desk, [stored]));
  const held = desk.registry.find(stored.reservationId);
  if (held !== undefined) return terminateHeld(desk, held, cause);
  return endedView(desk, await endElsewhere(desk, stored.reservationId));
}

/** @throws LedgerError */
async function lookUp(desk: Desk, id: string): Promise<StoredCall | undefined> {
  const { ledger, businessNumber } = desk.deps;
  if (id === '' || id.length > LONGEST_ID) return undefined;
  const stored = (await ledger.findCall({ reservationId: id })) ?? (await ledger.findCall({ callId: id }));
  return stored?.businessNumberId === businessNumber.id ? stored : undefined;
}

function endedView({ deps }: Desk, stored: StoredCall): CallView {
  const ended = storedEnd(stored, deps.businessNumber);
  if (ended === undefined) throw unknown();
  return viewOf(ended);
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
  throw unknown();
}

function unknown(): CallError {
  return new CallError(
    'call_unknown',
    'There is no such call.',
    'Pass msg.call on from the node that placed the call.',
  );
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
  desk.fetching.abort();
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
