import { inputOf } from '../call/input.ts';
import { heardOf } from '../call/state.ts';
import { arrive } from './arrive.ts';
import { type AppendedCall, type Desk, inBackground } from './desk.ts';
import { durably } from './durably.ts';
import type { LiveCall } from './live-call.ts';

/**
 * Gives a call event to its call.
 * @returns `later` if the event counts as handed out only after something else (its call's *ended*, or becoming known)
 */
export function reactToCall(desk: Desk, item: AppendedCall): 'done' | 'later' {
  const { event } = item;
  const call = desk.registry.of(event);
  if (call === undefined) return ofNobody(desk, item);
  const known = heardOf(call.state).callId;
  if (known !== undefined && known !== event.callId) {
    endSecondCall(desk, call, item);
    return 'done';
  }
  // Before the input: a terminate may be told to the flows within the same tick.
  const waits = event.type === 'call.terminated' && !call.told;
  if (waits) call.undispatched.push(event.id);
  desk.apply(call, inputOf(event));
  return waits ? 'later' : 'done';
}

function ofNobody(desk: Desk, item: AppendedCall): 'done' | 'later' {
  const { event } = item;
  if (event.type === 'call.connect' && event.direction === 'inbound') return arrive(desk, { ...item, event });
  if (desk.arriving.has(event.callId)) {
    giveUp(desk, desk.registry.hold(item, desk.deps.now()));
    expireLater(desk);
    return 'later';
  }
  // Of a call to us that nobody here has taken.
  if ('direction' in event && event.direction === 'inbound') return 'done';
  const mayBecomeKnown = desk.registry.live().some((call) => heardOf(call.state).callId === undefined);
  if (mayBecomeKnown) {
    giveUp(desk, desk.registry.hold(item, desk.deps.now()));
    expireLater(desk);
  } else giveUp(desk, [item]);
  return 'later';
}

/** Webhooks whose call never became known to this process. */
export function giveUp(desk: Desk, items: AppendedCall[]): void {
  for (const item of items) inBackground(desk, 'An event of an unknown call', strayed(desk, item));
}

/** A call that the ledger knows as ours and alive, but that nobody holds, is ended: no call is left running. */
async function strayed(desk: Desk, { event }: AppendedCall): Promise<void> {
  const { ledger, owner, provider, log } = desk.deps;
  if (event.type !== 'call.terminated') {
    const stored =
      (await ledger.findCall({ callId: event.callId })) ??
      (event.correlationId === undefined ? undefined : await ledger.findCall({ reservationId: event.correlationId }));
    const isOurs = stored !== undefined && (owner === undefined || stored.owner === owner);
    if (isOurs && stored.endedAt === undefined) {
      log('warn', `Call ${stored.reservationId} is going on without anybody holding it; it is being ended.`);
      await provider.terminateCall(event.callId);
    }
  }
  await durably(desk, 'An event handed out', () => ledger.dispatched([event.id]));
}

/** Two calls under one correlation id cannot come from us (connect is never repeated), but must not go on either. */
function endSecondCall(desk: Desk, call: LiveCall, { event }: AppendedCall): void {
  if (event.type === 'call.terminated' || event.type === 'call.rejected') return;
  desk.deps.log('error', `The provider reports a second call for ${call.id}; it is being ended.`);
  inBackground(desk, 'Ending a second call', desk.deps.provider.terminateCall(event.callId));
}

/** Looks for webhooks that waited in vain, as long as some wait. Does not keep the process alive. */
function expireLater(desk: Desk): void {
  if (desk.expiring !== undefined) return;
  desk.expiring = setTimeout(() => {
    desk.expiring = undefined;
    giveUp(desk, desk.registry.expire(desk.deps.now()));
    if (desk.registry.size().early > 0) expireLater(desk);
  }, desk.settings.earlyMs).unref();
}
