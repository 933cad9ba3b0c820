import type { UsageCounts, UsageQuery } from '../operations/records.ts';
import { idAt } from '../rows/reservation-time.ts';
import type { Row, Statement } from './link.ts';

/** A reservation may be sent, and so counted, later than it was made: long before this it is settled or given up. */
const SENT_LATER_MS = 86_400_000;

/** Out of the notes without parsing them: a quote that is part of a text in there has a backslash before it, so this is the key. */
const SCORE = `substring(c.notes from '"score":([1-5])')`;

/** What is counted is said at `UsageCounts`. */
export function usageStatement(s: string, query: UsageQuery): Statement {
  const { numberId, from = 0, to = Number.MAX_SAFE_INTEGER, purpose, template } = query;
  const requests = `r.reservation_id >= $4 AND r.reservation_id < $5 AND r.state = 1 AND r.at >= $2 AND r.at < $3
    AND ($6::text IS NULL OR r.purpose = $6) AND ($7::text IS NULL OR coalesce(r.template, '') = $7)
    AND EXISTS (SELECT 1 FROM ${s}.pair p WHERE p.pair_id = r.pair_id AND p.number_id = $1)`;
  const calls = `c.reservation_id >= $4 AND c.reservation_id < $5 AND c.direction = 0 AND c.state = 1
    AND c.number_id = $1 AND c.started_at >= $2 AND c.started_at < $3
    AND ($6::text IS NULL OR c.purpose = $6)
    AND ($7::text IS NULL OR EXISTS (SELECT 1 FROM ${s}.request r JOIN ${s}.pair p ON p.pair_id = r.pair_id
      WHERE r.provider_id = c.request_id AND p.number_id = c.number_id AND coalesce(r.template, '') = $7))`;
  return {
    text: `SELECT * FROM
      (SELECT count(*) AS requests, count(*) FILTER (WHERE answer = 'granted') AS granted,
        count(*) FILTER (WHERE answer = 'denied') AS denied FROM ${s}.request r WHERE ${requests}) of_requests,
      (SELECT count(*) AS calls, count(connected_at) AS answered,
        count(connected_at) FILTER (WHERE outcome = 'completed') AS completed,
        count(${SCORE}) AS scored, coalesce(sum(${SCORE}::int), 0) AS score_sum
        FROM ${s}.call c WHERE ${calls} AND c.live = 0) of_calls,
      (SELECT count(*) AS people, count(*) FILTER (WHERE p.dnc_since >= $2 AND p.dnc_since < $3) AS opted_out
        FROM ${s}.pair p WHERE p.pair_id IN (
          SELECT r.pair_id FROM ${s}.request r WHERE ${requests} UNION SELECT c.pair_id FROM ${s}.call c WHERE ${calls})
      ) of_people`,
    values: [
      numberId,
      Math.round(from),
      Math.round(to),
      idAt(from - SENT_LATER_MS),
      idAt(Math.min(to, 8.64e15)),
      purpose ?? null,
      template ?? null,
    ],
  };
}

export function usageOf(row: Row): UsageCounts {
  return {
    requests: Number(row.requests),
    granted: Number(row.granted),
    denied: Number(row.denied),
    calls: Number(row.calls),
    answered: Number(row.answered),
    completed: Number(row.completed),
    scored: Number(row.scored),
    scoreSum: Number(row.score_sum),
    people: Number(row.people),
    optedOut: Number(row.opted_out),
  };
}
