import type { Instant, Use } from '../../permission/model.ts';
import { isBounded } from '../operations/call-derived.ts';
import type { CountedCall } from '../operations/records.ts';
import { stateName } from '../rows/reservation-state.ts';
import type { Session } from './session.ts';

/** The calls of a pair as the rules count them; what each query means is said at `Records`. */
export function callsOf(tx: Session, pairId: number, after: Instant): CountedCall[] {
  return tx.db
    .statement(
      `SELECT reservation_id, call_id, owner, state, at, last_news, reserved_at, granted_at, counts, live FROM call
       WHERE pair_id = ? AND (counts = 1 OR live = 1) AND (at > ? OR live = 1) ORDER BY at`,
    )
    .all(pairId, after)
    .map((row) => {
      const state = stateName(row.state);
      const call: CountedCall = {
        reservationId: String(row.reservation_id),
        state,
        at: Number(row.at),
        reservedAt: Number(row.reserved_at),
        lastNews: Number(row.last_news),
        counts: row.counts === 1,
        live: row.live === 1,
        bounded: isBounded({ owner: String(row.owner), state }),
      };
      if (row.call_id !== null) call.callId = String(row.call_id);
      if (row.granted_at !== null) call.grantedAt = Number(row.granted_at);
      return call;
    });
}

/** Its end as told, but not after we heard of it. */
export function lastCall(tx: Session, pairId: number): Instant | undefined {
  const row = tx.db
    .statement(
      `SELECT max(ended) AS at FROM (
         SELECT * FROM (SELECT max(started_at, min(coalesce(ended_at, started_at), last_news)) AS ended FROM call
           WHERE pair_id = ? AND (counts = 1 OR live = 1) AND direction < 2 ORDER BY at DESC LIMIT 1)
         UNION ALL
         SELECT * FROM (SELECT max(started_at, min(ended_at, last_news)) AS ended FROM call
           WHERE pair_id = ? AND unanswered = 1 ORDER BY ended_at DESC LIMIT 1))`,
    )
    .get(pairId, pairId);
  return row === undefined || row.at === null ? undefined : Number(row.at);
}

export function unansweredCalls(tx: Session, pairId: number, after: Instant): Use[] {
  return tx.db
    .statement(
      `SELECT reservation_id, state, ended_at, granted_at FROM call
       WHERE pair_id = ? AND unanswered = 1 AND ended_at > ? ORDER BY ended_at`,
    )
    .all(pairId, after)
    .map((row) => ({
      reservationId: String(row.reservation_id),
      state: stateName(row.state),
      at: Number(row.ended_at),
      ...(row.granted_at === null ? {} : { grantedAt: Number(row.granted_at) }),
    }));
}

export function liveCalls(tx: Session, pairId: number): string[] {
  return tx.db
    .statement('SELECT reservation_id FROM call WHERE pair_id = ? AND live = 1 AND direction = 0')
    .all(pairId)
    .map((row) => String(row.reservation_id));
}
