import { heardOf } from '../call/state.ts';
import { viewOf } from '../call/view.ts';
import type { CallbackRequest } from '../ledger/ledger.ts';
import { LedgerError } from '../ledger/ledger.ts';
import type { AnswerPlan } from './attendance.ts';
import type { Desk } from './desk.ts';
import { type LiveCall, view } from './live-call.ts';
import { told, within } from './patience.ts';

/** Longest wait for the store before the flow hears of the end. */
const WRITE_MS = 2_000;

/**
 * A call to us is over and nobody took it: if an answer node wants that, the person is to be called back. The same call makes one
 * entry, however often its end is told. What a flow refused by itself makes none.
 */
export async function noteUnanswered(desk: Desk, call: LiveCall): Promise<CallbackRequest | undefined> {
  const { ledger, businessNumber, log } = desk.deps;
  await findAttendants(desk, call);
  const plan = wanted(call);
  if (plan?.callback === undefined) return undefined;
  const { contact } = call.state;
  const key = heardOf(call.state).callId ?? call.id;
  let added: CallbackRequest | undefined;
  const work = ledger
    .addCallback({
      ...{ businessNumberId: businessNumber.id, contact, source: plan.callback, key },
      ...(plan.callbackDue === undefined ? {} : { dueAt: plan.callbackDue }),
    })
    .then(({ callback }) => {
      added = callback;
    })
    .catch((error: unknown) => {
      if (error instanceof LedgerError && error.code === 'do_not_call') return;
      log('error', `A missed call could not be put on the callback list: ${told(error)}`);
    });
  await within(WRITE_MS, work);
  return added;
}

/**
 * To whom a call was offered dies with the process. After a crash those who attend now are told of its end, and say whether the
 * person is to be called back.
 */
async function findAttendants({ attendance, settings }: Desk, call: LiveCall): Promise<void> {
  if (call.state.direction !== 'inbound' || call.incoming !== undefined) return;
  await attendance.somebody(settings.attendWaitMs);
  call.incoming = { offer: '', offered: attendance.consider(view(call)) };
}

function wanted({ state, incoming, origin }: LiveCall): AnswerPlan | undefined {
  if (incoming === undefined || viewOf(state).answeredAt !== undefined) return undefined;
  const declined = state.name === 'ended' && state.outcome === 'declined';
  // Refused by a flow, which knows what it does.
  if (declined && origin !== undefined) return undefined;
  return incoming.offered.find(({ plan }) => plan.callback !== undefined)?.plan;
}
