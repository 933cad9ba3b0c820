import { recoveredCall, storedEnd } from '../call/recovered.ts';
import { viewOf } from '../call/view.ts';
import type { Appended, StoredCall } from '../ledger/ledger.ts';
import type { Desk } from './desk.ts';
import { liveCall } from './live-call.ts';
import { tellPermission } from './permission-change.ts';
import { react } from './react.ts';
import { enact } from './run.ts';

/**
 * Finishes what a crash left behind, before anything new begins: calls that nobody holds are ended at the provider,
 * and events that were acknowledged but perhaps never reached the flows are handed out. Does not wait for the
 * provider; *ended* comes when it has confirmed. @throws LedgerError
 */
export async function recover(desk: Desk): Promise<void> {
  const { ledger, businessNumber, log, now } = desk.deps;
  // Also calls under our own name that we do not hold: of a switchboard of this process that had to let go of them.
  const orphans = (await ledger.liveCalls(businessNumber.id)).filter(
    ({ reservationId }) => desk.registry.find(reservationId) === undefined,
  );
  const foreign = orphans.filter((stored) => stored.owner !== desk.deps.owner);
  if (foreign.length > 0) await ledger.adopt(foreign.map((stored) => stored.reservationId));
  const steps = orphans.map((stored) => {
    const step = recoveredCall(stored, businessNumber, now());
    const origin = stored.origin === undefined ? {} : { origin: stored.origin };
    const call = liveCall(step.state, { ...origin, ringMs: 0, maxMs: 0 });
    desk.registry.add(call);
    if (stored.callId !== undefined) desk.registry.learn(call.id, stored.callId);
    return { call, step };
  });
  if (orphans.length > 0) log('warn', `${orphans.length} calls were left over; they are being ended.`);
  const events = await ledger.undispatched(businessNumber.id);
  const rest: Appended[] = [];
  const endedAlready: string[] = [];
  for (const item of events) {
    if (item.event.type === 'call.terminated' && desk.registry.of(item.event) === undefined) {
      await tellStoredEnd(desk, item);
      // What the end did to the permission (too many unanswered calls) was not told either.
      for (const effect of item.effects) await tellPermission(desk, effect);
      endedAlready.push(item.event.id);
    } else rest.push({ ...item, fresh: true });
  }
  if (endedAlready.length > 0) await ledger.dispatched(endedAlready);
  await react(desk, rest);
  // Only now: one of the events may have brought the end.
  for (const { call, step } of steps)
    if (call.state.name === 'ending') enact(desk, call, { state: call.state, effects: step.effects });
}

/** The end of a call that is finished in the ledger, told with its origin so that its flow hears of it. */
async function tellStoredEnd(desk: Desk, { event }: Appended): Promise<void> {
  if (event.type !== 'call.terminated') return;
  const { ledger, businessNumber } = desk.deps;
  const stored: StoredCall | undefined =
    (await ledger.findCall({ callId: event.callId })) ??
    (event.correlationId === undefined ? undefined : await ledger.findCall({ reservationId: event.correlationId }));
  const state = stored === undefined ? undefined : storedEnd(stored, businessNumber);
  if (stored === undefined || state === undefined) return;
  const origin = stored.origin === undefined ? {} : { origin: stored.origin };
  desk.calls.tell({ event: 'ended', call: viewOf(state), ...origin });
}
