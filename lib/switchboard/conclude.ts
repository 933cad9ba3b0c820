import type { CallEffect } from '../call/effect.ts';
import { outcomeOf } from '../call/outcome.ts';
import { storedWish } from '../call/recovered.ts';
import type { CallRecord } from '../ledger/ledger.ts';
import type { Reason } from '../permission/model.ts';
import { reasonFor } from '../permission/reason-text.ts';
import { type Desk, tellCall } from './desk.ts';
import { durably } from './durably.ts';
import { type LiveCall, view } from './live-call.ts';
import { concludeRecord } from './notes.ts';
import { pause, within } from './patience.ts';
import { noteUnanswered } from './unanswered.ts';

/**
 * Brings a call that has ended to its end: leg closed and recordings complete, ledger told, then *ended*, once. The
 * waits are bounded, because a flow that waits for *ended* must get it.
 */
export async function concludeCall(
  desk: Desk,
  call: LiveCall,
  effect: Extract<CallEffect, { do: 'conclude' }>,
): Promise<void> {
  const { deps, settings, registry } = desk;
  call.timers.stopAll();
  if (call.state.name === 'ended' && call.state.confirmed) call.terminating?.abort();
  const closing = call.leg === undefined ? undefined : within(settings.legCloseMs, closeLeg(desk, call));
  if (effect.settle) {
    call.settling = new AbortController();
    await pause(settings.settleMs, call.settling.signal);
  }
  if ((await closing) === false)
    deps.log('warn', `The audio of call ${call.id} did not close in time; a recording may be incomplete.`);
  if (call.disowned === true) return;
  await within(LOOK_UP_MS, learnWish(desk, call));
  if (effect.tellLedger) await finish(desk, call);
  let record: CallRecord | undefined;
  if (effect.announce)
    await within(
      LOOK_UP_MS,
      concludeRecord(desk, call).then((found) => {
        record = found;
      }),
    );
  registry.bury(call.id, deps.now());
  call.told = true;
  // An end that no webhook brought leaves nothing that the next start could tell from, so it is told in any case.
  if (desk.mute && call.undispatched.length > 0) return call.markOver();
  const callback = await noteUnanswered(desk, call);
  if (effect.announce)
    tellCall(desk, call, {
      event: 'ended',
      ...reasonOf(call),
      ...(callback === undefined ? {} : { callback }),
      ...(record === undefined ? {} : { record }),
    });
  call.markOver();
  const handedOut = call.undispatched.splice(0);
  if (handedOut.length > 0) await durably(desk, 'Events handed out', () => deps.ledger.dispatched(handedOut));
}

/** Longest wait for the store's word about a call before its flow hears of the end. */
const LOOK_UP_MS = 2_000;

/** Another instance may have ended the call on a flow's wish, which no webhook says: the store does, so that both tell the same. */
async function learnWish({ deps }: Desk, call: LiveCall): Promise<void> {
  const { ledger } = deps;
  if (ledger.take === undefined || call.state.name !== 'ended' || call.state.ours !== undefined) return;
  const wish = (await ledger.findCall({ reservationId: call.id }))?.endRequested;
  const { state } = call;
  if (wish === undefined || state.name !== 'ended' || state.ours !== undefined) return;
  const known = { ...state, ours: storedWish(wish, state.concludedAt) };
  call.state = { ...known, outcome: outcomeOf(known) };
}

/** Why we ended it, where that is more than the flow's own wish. */
function reasonOf({ state }: LiveCall): { reason?: Reason } {
  return state.name === 'ended' && state.ours?.cause === 'opt_out' ? { reason: reasonFor('do_not_call') } : {};
}

async function finish(desk: Desk, call: LiveCall): Promise<void> {
  const { ledger, now } = desk.deps;
  const { outcome = 'failed', endedAt = now(), errors } = view(call);
  const errorCode = errors?.[0]?.code;
  await durably(desk, `The end of call ${call.id}`, () =>
    ledger.finishCall(call.id, { outcome, at: endedAt, ...(errorCode === undefined ? {} : { errorCode }) }),
  );
}

async function closeLeg(desk: Desk, call: LiveCall): Promise<void> {
  try {
    const media = await call.leg?.statistics().catch(() => undefined);
    if (media !== undefined) call.media = media;
    await call.leg?.close();
  } catch (error) {
    desk.deps.log('warn', `The audio of call ${call.id} did not close properly: ${(error as Error).message}`);
  }
}
