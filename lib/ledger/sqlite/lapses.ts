import type { Instant } from '../../permission/model.ts';
import type { PairRow, Records } from '../operations/records.ts';
import { pairFromRow } from '../rows/pair-row.ts';
import type { Session } from './session.ts';

export function lapseCandidates(
  tx: Session,
  before: Parameters<Records['lapseCandidates']>[0],
  limit: number,
): PairRow[] {
  const expired = tx.db
    .statement(
      "SELECT * FROM pair WHERE status = 'granted' AND expires_at <= ? AND merged_into IS NULL ORDER BY expires_at LIMIT ?",
    )
    .all(before.expired, limit);
  const unanswered = tx.db
    .statement(
      "SELECT * FROM pair WHERE status = 'pending' AND requested_at <= ? AND merged_into IS NULL ORDER BY requested_at LIMIT ?",
    )
    .all(before.requested, limit);
  const capped =
    before.granted === undefined
      ? []
      : tx.db
          .statement(
            `SELECT * FROM pair WHERE status = 'granted' AND granted_at <= ? AND (expires_at IS NULL OR expires_at > ?)
             AND merged_into IS NULL LIMIT ?`,
          )
          .all(before.granted, before.expired, limit);
  return [...expired, ...capped, ...unanswered].map(pairFromRow);
}

export function nearestLapse(tx: Session): ReturnType<Records['nearestLapse']> {
  const nearest = (sql: string): Instant | undefined => {
    const at = tx.db.statement(sql).get()?.at;
    return at === null || at === undefined ? undefined : Number(at);
  };
  const result: ReturnType<Records['nearestLapse']> = {};
  const expires = nearest(
    "SELECT min(expires_at) AS at FROM pair WHERE status = 'granted' AND expires_at IS NOT NULL AND merged_into IS NULL",
  );
  const granted = nearest(
    "SELECT min(granted_at) AS at FROM pair WHERE status = 'granted' AND kind = 'temporary' AND merged_into IS NULL",
  );
  const requested = nearest(
    "SELECT min(requested_at) AS at FROM pair WHERE status = 'pending' AND merged_into IS NULL",
  );
  if (expires !== undefined) result.expires = expires;
  if (granted !== undefined) result.granted = granted;
  if (requested !== undefined) result.requested = requested;
  return result;
}
