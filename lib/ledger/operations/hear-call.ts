import { applyConnected, applyContactByPerson } from '../../permission/apply.ts';
import { judgeCall } from '../../permission/call-facts.ts';
import type { Effect } from '../ledger.ts';
import { completeCallbacks } from './callback-ends.ts';
import { type CallRow, FOREIGN, INBOUND, OURS, type PairRow } from './records.ts';
import type { Transaction } from './transaction.ts';
import { commitTransition, recountUnanswered } from './transition.ts';

/**
 * Writes a call after new facts about it, and draws the consequences for its pair: connected, unanswered, service window.
 * Consequences are drawn from all facts together, so the order in which they came does not matter.
 */
export function hearCall(
  tx: Transaction,
  call: CallRow,
  pair: PairRow,
  businessNumberId: string,
  event: string,
  before = judgeCall({}, tx.profile),
  isNew = false,
): Effect[] {
  const effects: Effect[] = [];
  const verdict = judgeCall(call.facts, tx.profile);
  if (verdict.connectedAt !== undefined) {
    // By causality it connected before we heard of it; by the provider's clock it may seem later.
    call.at = Math.max(call.reservedAt, Math.min(verdict.connectedAt, tx.now));
  }
  tx.records.writeCall(call, isNew);
  tx.records.writeAudit({
    event,
    detail: {
      reservationId: call.reservationId,
      ...(call.callId === undefined ? {} : { callId: call.callId }),
      ...(verdict.outcome === undefined ? {} : { outcome: verdict.outcome }),
      ...(verdict.durationSeconds === undefined ? {} : { durationSeconds: verdict.durationSeconds }),
      ...(verdict.errorCode === undefined ? {} : { errorCode: verdict.errorCode }),
    },
    numberId: call.numberId,
    pair,
  });
  if (call.direction === INBOUND) {
    const state = applyContactByPerson(pair.state, call.reservedAt, tx.now);
    if (state.serviceWindowFrom !== pair.state.serviceWindowFrom) {
      pair.state = state;
      tx.records.writeState(pair);
    }
  }
  if (verdict.connectedAt !== undefined && verdict.connectedAt !== before.connectedAt) {
    const connected =
      call.direction === OURS ? { at: verdict.connectedAt, reservedAt: call.reservedAt } : { at: verdict.connectedAt };
    effects.push(
      ...commitTransition(tx, pair, businessNumberId, applyConnected(pair.state, connected, tx.profile, tx.now), {
        reservationId: call.reservationId,
        ...(call.direction === FOREIGN ? { placedBy: 'another system' } : {}),
      }),
    );
  }
  if (verdict.connectedAt !== before.connectedAt || verdict.unanswered !== before.unanswered) {
    effects.push(...recountUnanswered(tx, pair, businessNumberId));
  }
  if (verdict.outcome === 'completed' && before.outcome !== 'completed') {
    const since = verdict.connectedAt ?? call.startedAt;
    if (completeCallbacks(tx, call, pair, since)) tx.records.writeCall(call);
  }
  return effects;
}
