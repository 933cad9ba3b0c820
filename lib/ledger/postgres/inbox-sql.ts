import { OWNER_SILENT_MS } from '../timings.ts';

/** That an owner has lately said that it is alive. `owner` and `now`: SQL. */
export function isAlive(schema: string, owner: string, now: string): string {
  return `EXISTS (SELECT 1 FROM ${schema}.instance o WHERE o.owner = ${owner} AND o.alive_at > ${now}::bigint - ${OWNER_SILENT_MS})`;
}

/**
 * That an event (`i`) is nobody's to hand out but this owner's, or anybody's: no other live one holds the call it is about, and
 * no live one is handing it out.
 */
export function mayHandOut(schema: string, me: string, now: string): string {
  return `(i.owner = '' OR i.owner = ${me} OR NOT ${isAlive(schema, 'i.owner', now)})
    AND (i.taker = '' OR NOT ${isAlive(schema, 'i.taker', now)})`;
}
