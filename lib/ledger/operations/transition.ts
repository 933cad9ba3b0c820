import { applyUnanswered, UNANSWERED_ENDS_NEEDED } from '../../permission/apply.ts';
import type { Applied } from '../../permission/pair-state.ts';
import { viewPermission } from '../../permission/permission-view.ts';
import type { Effect } from '../ledger.ts';
import type { PairRow } from './records.ts';
import type { Transaction } from './transaction.ts';

/** Writes what a transition of a pair came to: state, audit, and the effects that people should hear of. */
export function commitTransition(
  tx: Transaction,
  pair: PairRow,
  businessNumberId: string,
  applied: Applied,
  more: Record<string, unknown> = {},
): Effect[] {
  if (applied.state !== pair.state) {
    pair.state = applied.state;
    tx.records.writeState(pair);
  }
  tx.records.writeAudit({
    event: applied.audit.event,
    detail: { ...applied.audit.detail, ...more },
    numberId: pair.numberId,
    pair,
  });
  return applied.changes.map((change): Effect => {
    const about = { businessNumberId, contact: pair.contact };
    if (change.kind === 'unanswered_warning') return { ...about, kind: change.kind, count: change.count };
    const permission = viewPermission(pair.state.permission, tx.profile, tx.now, pair.state.doNotCall);
    return change.kind === 'ended'
      ? { ...about, kind: change.kind, permission, why: change.why }
      : { ...about, kind: change.kind, permission };
  });
}

/** Counts a pair's unanswered calls again after a call of it ended or turned out to be connected. */
export function recountUnanswered(tx: Transaction, pair: PairRow, businessNumberId: string): Effect[] {
  const applied = applyUnanswered(
    pair.state,
    tx.records.unansweredEnds(pair.pairId, UNANSWERED_ENDS_NEEDED),
    tx.profile,
  );
  const same =
    applied.changes.length === 0 &&
    applied.state.unanswered === pair.state.unanswered &&
    applied.state.permission === pair.state.permission &&
    applied.state.selfRevoked === pair.state.selfRevoked;
  return same ? [] : commitTransition(tx, pair, businessNumberId, applied);
}
