import type { Instant, PairSnapshot, Use } from '../../../lib/permission/model.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** 2026-11-20T12:00:00Z, the reference's "now". */
export const NOON: Instant = 1_795_176_000_000;

/** A pair that may be called: granted for a week at noon, by a Portuguese number, nothing used yet. */
export function snapshot(change: Partial<PairSnapshot> = {}): PairSnapshot {
  return {
    businessNumber: { id: 'pn1', phone: '351211000100' },
    contact: { phone: '5511955500123' },
    permission: { status: 'granted', kind: 'temporary', grantedAt: NOON, expiresAt: NOON + 7 * DAY, repliedAt: NOON },
    requests: [],
    calls: [],
    unanswered: 0,
    number: { startedLastDay: 0, live: 0 },
    ...change,
  };
}

export function use(at: Instant, state: Use['state'] = 'consumed'): Use {
  return { reservationId: `r${at}`, at, state };
}
