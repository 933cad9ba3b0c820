import type { UsageCounts, UsageQuery } from '../operations/records.ts';
import { idAt } from '../rows/reservation-time.ts';
import type { Session } from './session.ts';

/** A reservation may be sent, and so counted, later than it was made: long before this it is settled or given up. */
const SENT_LATER_MS = 86_400_000;
/** Pairs counted at once: some 50 ms of the worker, in which nothing else is answered. */
const PAIRS = 4_000;

/** What is counted is said at `UsageCounts`. */
export function countUsage(tx: Session, query: UsageQuery): UsageCounts & { next?: number } {
  const { numberId, from = 0, to = Number.MAX_SAFE_INTEGER, purpose, template, afterPair } = query;
  const page = tx.db
    .statement(
      `SELECT max(pair_id) AS until, count(*) AS n
       FROM (SELECT pair_id FROM pair WHERE pair_id > ? ORDER BY pair_id LIMIT ${PAIRS})`,
    )
    .get(afterPair);
  const values = {
    number: numberId,
    from: Math.round(from),
    to: Math.round(to),
    // Rows outside are told by their id alone, without reading on.
    first: idAt(from - SENT_LATER_MS),
    last: idAt(Math.min(to, 8.64e15)),
    purpose: purpose ?? null,
    template: template ?? null,
    after: afterPair,
    until: Number(page?.until ?? afterPair),
  };
  const requests = tx.db
    .statement(
      `SELECT count(*) AS requests, count(*) FILTER (WHERE answer = 'granted') AS granted,
         count(*) FILTER (WHERE answer = 'denied') AS denied FROM request r INDEXED BY request_pair WHERE ${REQUESTS}`,
    )
    .get(values);
  const calls = tx.db
    .statement(
      `SELECT count(*) AS calls, count(connected_at) AS answered,
         count(connected_at) FILTER (WHERE outcome = 'completed') AS completed,
         count(json_extract(notes, '$.score')) AS scored, total(json_extract(notes, '$.score')) AS score_sum
       FROM call c INDEXED BY call_pair WHERE ${CALLS} AND c.live = 0`,
    )
    .get(values);
  const people = tx.db
    .statement(
      `SELECT count(*) AS people, count(*) FILTER (WHERE p.dnc_since >= $from AND p.dnc_since < $to) AS opted_out
       FROM pair p WHERE p.pair_id IN (
         SELECT r.pair_id FROM request r INDEXED BY request_pair WHERE ${REQUESTS}
         UNION SELECT c.pair_id FROM call c INDEXED BY call_pair WHERE ${CALLS})`,
    )
    .get(values);
  return {
    requests: Number(requests?.requests),
    granted: Number(requests?.granted),
    denied: Number(requests?.denied),
    calls: Number(calls?.calls),
    answered: Number(calls?.answered),
    completed: Number(calls?.completed),
    scored: Number(calls?.scored),
    scoreSum: Number(calls?.score_sum),
    people: Number(people?.people),
    optedOut: Number(people?.opted_out),
    ...(Number(page?.n) === PAIRS ? { next: values.until } : {}),
  };
}

const REQUESTS = `r.pair_id > $after AND r.pair_id <= $until AND r.reservation_id >= $first AND r.reservation_id < $last
  AND r.state = 1 AND r.at >= $from AND r.at < $to
  AND ($purpose IS NULL OR r.purpose = $purpose) AND ($template IS NULL OR coalesce(r.template, '') = $template)
  AND EXISTS (SELECT 1 FROM pair p WHERE p.pair_id = r.pair_id AND p.number_id = $number)`;

const CALLS = `c.pair_id > $after AND c.pair_id <= $until AND c.reservation_id >= $first AND c.reservation_id < $last
  AND c.direction = 0 AND c.state = 1 AND c.number_id = $number AND c.started_at >= $from AND c.started_at < $to
  AND ($purpose IS NULL OR c.purpose = $purpose)
  AND ($template IS NULL OR EXISTS (SELECT 1 FROM request r JOIN pair p ON p.pair_id = r.pair_id
    WHERE r.provider_id = c.request_id AND p.number_id = c.number_id AND coalesce(r.template, '') = $template))`;
