import type { Step } from '../call/effect.ts';
import { recoveredCall } from '../call/recovered.ts';
import type { StoredCall } from '../ledger/ledger.ts';
import type { Desk } from './desk.ts';
import { type LiveCall, liveCall } from './live-call.ts';
import { enact } from './run.ts';

export interface TakenOver {
  call: LiveCall;
  step: Step;
}

/**
 * Takes calls into this switchboard that nobody holds any more, to end them; they are never placed again. Of several
 * instances that try, the ledger lets one win, and calls whose owner is alive stay with it.
 * @param left calls as the ledger lists them, those under our own name included
 * @throws LedgerError
 */
export async function takeOver(desk: Desk, left: readonly StoredCall[]): Promise<TakenOver[]> {
  const { ledger, businessNumber, owner, log, now } = desk.deps;
  const foreign = left.filter((stored) => stored.owner !== owner);
  const won = new Set<string>();
  if (foreign.length > 0) {
    await ledger.adopt(foreign.map(({ reservationId }) => reservationId));
    const wanted = new Set(foreign.map(({ reservationId }) => reservationId));
    for (const stored of await ledger.liveCalls(businessNumber.id)) {
      // Without a name of our own the store is ours alone.
      const isOurs = owner === undefined || stored.owner === owner;
      if (isOurs && wanted.has(stored.reservationId)) won.add(stored.reservationId);
    }
  }
  const mine = left.filter(
    ({ owner: holder, reservationId }) =>
      (holder === owner || won.has(reservationId)) && desk.registry.find(reservationId) === undefined,
  );
  if (mine.length > 0) log('warn', `${mine.length} calls were left over; they are being ended.`);
  return mine.map((stored) => {
    const step = recoveredCall(stored, businessNumber, now());
    const origin = stored.origin === undefined ? {} : { origin: stored.origin };
    const call = liveCall(step.state, { ...origin, ringMs: 0, maxMs: 0 });
    desk.registry.add(call);
    if (stored.callId !== undefined) desk.registry.learn(call.id, stored.callId);
    return { call, step };
  });
}

/**
 * After a silence of ours another instance may have taken us for dead, and our calls with it: those are its to end and to tell
 * of. What we hold of them is let go without a word. @throws LedgerError
 */
export async function disown(desk: Desk): Promise<void> {
  const { ledger, owner, log } = desk.deps;
  if (owner === undefined) return;
  for (const call of desk.registry.live()) {
    const stored = await ledger.findCall({ reservationId: call.id });
    if (stored === undefined || stored.owner === owner || call.told) continue;
    log('warn', `Call ${call.id} was taken over by another instance while this one was silent.`);
    call.disowned = true;
    call.timers.stopAll();
    call.terminating?.abort();
    call.settling?.abort();
    call.leg?.close().catch(() => {});
    desk.registry.remove(call.id);
    call.markOver();
  }
}

/** Ends what was taken over, except what events have ended meanwhile. Does not wait for the provider. */
export function endTakenOver(desk: Desk, calls: readonly TakenOver[]): void {
  for (const { call, step } of calls)
    if (call.state.name === 'ending') enact(desk, call, { state: call.state, effects: step.effects });
}
