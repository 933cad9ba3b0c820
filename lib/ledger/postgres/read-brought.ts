import type { Instant } from '../../permission/model.ts';
import type { Profile } from '../../permission/profile.ts';
import { callFromRow } from '../rows/call-row.ts';
import { callbackFromRow } from '../rows/callback-row.ts';
import { pairFromRow } from '../rows/pair-row.ts';
import { requestFromRow } from '../rows/request-row.ts';
import type { BroughtRows, Horizons } from './bring.ts';
import {
  aliasKey,
  type Brought,
  type Reach,
  type StoredCallRow,
  type StoredNumber,
  type StoredPair,
} from './brought.ts';
import type { Row } from './link.ts';
import type { Needs } from './needs.ts';

/** What the first round trip of a try has brought. */
export function readBrought(
  rows: BroughtRows,
  needs: Needs,
  profile: Profile,
  reach: Horizons,
  more: Pick<Brought, 'now' | 'sure' | 'pairIds' | 'numberIds'>,
): Brought {
  const of = (name: Parameters<BroughtRows['get']>[0]): Row[] => rows.get(name) ?? [];
  const [time] = of('time');
  const answers = new Map<string, Row[]>();
  for (const key of needs.questions.keys()) answers.set(key, of(`question ${key}`));
  const numbers = new Map(of('numbers').map((row) => [String(row.id), numberFromRow(row)]));
  const pairs = new Map(of('pairs').map((row) => [Number(row.pair_id), storedPair(row)]));
  const calls = new Map<string, StoredCallRow>();
  const missed = new Map<number, Instant[]>();
  for (const row of of('calls')) {
    const call = storedCall(row);
    calls.set(call.reservationId, call);
    if (Number(row.missed) !== 1 || call.endedAt === undefined) continue;
    const ends = missed.get(call.pairId);
    if (ends === undefined) missed.set(call.pairId, [call.endedAt]);
    else ends.push(call.endedAt);
  }
  const brought: Brought = {
    ...more,
    createdAt: Number(time?.created_at),
    fingerprintKey: fingerprintKey(time),
    alive: new Map(Object.entries((time?.alive ?? {}) as Record<string, number>)),
    numbers,
    askedNumbers: new Set([...needs.numbers, ...needs.loads]),
    aliases: new Map(
      of('aliases').map((row) => [
        aliasKey(Number(row.number_id), String(row.value)),
        { pairId: Number(row.pair_id), proven: row.proven === 1 },
      ]),
    ),
    askedNames: new Set(needs.names.keys()),
    pairs,
    reach: new Map(),
    requests: new Map(of('requests').map((row) => [String(row.reservation_id), requestFromRow(row)])),
    calls,
    callbacks: new Map(of('callbacks').map((row) => [String(row.callback_id), callbackFromRow(row)])),
    askedCallbacks: needs.lists.callbacks || needs.lists.whole,
    askedReservations: needs.reservations,
    askedMessages: needs.messages,
    askedCalls: needs.calls,
    loads: new Map(),
    events: new Set(of('events').map((row) => String(row.key))),
    askedEvents: needs.events,
    answers,
  };
  for (const pair of pairs.values())
    brought.reach.set(pair.pairId, reachOf(pair, needs, profile, reach, missed.get(pair.pairId)));
  readLoads(brought, of('starts'), of('live'), needs, reach);
  return brought;
}

function reachOf(
  pair: StoredPair,
  needs: Needs,
  profile: Profile,
  reach: Horizons,
  missed: Instant[] | undefined,
): Reach {
  const { requests, calls, whole } = needs.lists;
  const never = Number.POSITIVE_INFINITY;
  const { lastGrantedAt, permission } = pair.state;
  const sinceGrant = profile.requestsWithoutGrant === undefined ? never : (lastGrantedAt ?? 0);
  const underGrant = profile.callsPerPermission === undefined ? never : (permission.grantedAt ?? 0) - 86_400_000;
  const full = missed !== undefined && missed.length >= needs.unanswered;
  return {
    requestsAfter: requests || whole ? Math.min(reach.requestsAfter, sinceGrant) : never,
    callsAfter: calls || whole ? Math.min(reach.callsAfter, underGrant) : never,
    unansweredAfter: !calls && !whole ? never : full && !whole ? Math.min(...missed) : Number.NEGATIVE_INFINITY,
    whole,
  };
}

function readLoads(brought: Brought, starts: Row[], live: Row[], needs: Needs, { edge, inside }: Horizons): void {
  for (const id of needs.loads) {
    const numberId = brought.numbers.get(id)?.numberId;
    if (numberId === undefined) continue;
    const mine = (row: Row): boolean => Number(row.number_id) === numberId;
    const [started, alive] = [starts.find(mine), live.find(mine)];
    brought.loads.set(numberId, {
      certain: Number(started?.certain ?? 0),
      edge,
      inside,
      starts: ((started?.near ?? []) as number[]).slice().sort((a, b) => a - b),
      live: Number(alive?.live ?? 0),
      bounded: (alive?.bounded ?? []) as number[],
    });
  }
}

function numberFromRow(row: Row): StoredNumber {
  const number: StoredNumber = { numberId: Number(row.number_id), id: String(row.id), phone: String(row.phone) };
  if (row.restricted_until !== null) number.restrictedUntil = Number(row.restricted_until);
  if (row.restriction !== null) number.restriction = String(row.restriction);
  return number;
}

function storedPair(row: Row): StoredPair {
  const pair: StoredPair = pairFromRow(row);
  if (row.merged_into !== null) pair.mergedInto = Number(row.merged_into);
  return pair;
}

function storedCall(row: Row): StoredCallRow {
  const { counted, ...call } = callFromRow(row);
  const stored: StoredCallRow = {
    ...call,
    counts: row.counts === 1,
    live: row.live === 1,
    unanswered: row.unanswered === 1,
  };
  if (row.ended_at !== null) stored.endedAt = Number(row.ended_at);
  return stored;
}

function fingerprintKey(time: Row | undefined): Uint8Array | undefined {
  const hex = time?.fingerprint_key;
  return typeof hex === 'string' ? Buffer.from(hex, 'hex') : undefined;
}
