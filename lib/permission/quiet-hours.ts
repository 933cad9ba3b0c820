import { contactZones } from './contact-zones.ts';
import type { Judged } from './judged.ts';
import { nextClockChange, offsetAt } from './local-time.ts';
import type { Contact, Instant } from './model.ts';
import type { QuietHours } from './profile.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** If no zone of a country leaves a common hour on any of three days, none ever will. */
const HORIZON_MS = 3 * DAY_MS;

/**
 * Whether it is quiet time for a person, by the clock on their wall (docs/adr/0006). If their zone is not known, it is quiet
 * as long as it is in any zone they may be in.
 */
export function judgeQuietHours(rule: QuietHours | undefined, contact: Contact, now: Instant): Judged | undefined {
  if (rule === undefined || rule.from === rule.to) return undefined;
  const zones = contactZones(contact);
  const until = zones.length === 0 ? undefined : quietUntil(rule, zones, now);
  const quiet = until !== now;
  const judged: Judged = { limit: { rule: rule.rule, allowed: 1, used: quiet ? 1 : 0 } };
  if (rule.mode === 'warn') judged.warns = true;
  if (!quiet) return judged;
  judged.refusal = { code: 'quiet_hours', facts: { rule: rule.rule } };
  if (until === undefined) {
    judged.refusal.facts.text =
      zones.length === 0
        ? 'It may be quiet time for this person, whose time zone is not known: {limit}.'
        : "It is always quiet time in some part of this person's country: {limit}.";
    judged.refusal.facts.nextStep = "Give the person's time zone in the contact (timeZone, such as America/Sao_Paulo).";
    return judged;
  }
  judged.refusal.facts.nextAllowedAt = until;
  if (judged.limit !== undefined) judged.limit.freesAt = until;
  return judged;
}

/** The first moment from `now` on that is quiet in none of the zones; `now` itself if it is not; undefined if there is none. */
export function quietUntil(
  hours: Pick<QuietHours, 'from' | 'to'>,
  zones: readonly string[],
  now: Instant,
): Instant | undefined {
  let at = now;
  for (let unanimous = 0, index = 0; unanimous < zones.length; index = (index + 1) % zones.length) {
    const zone = zones[index];
    if (zone === undefined) return undefined;
    const next = quietUntilIn(hours, zone, at);
    unanimous = next === at ? unanimous + 1 : 1;
    at = next;
    if (at > now + HORIZON_MS) return undefined;
  }
  return at;
}

/**
 * The same for one zone. Between two moves of its clock local time runs evenly, so each such stretch is simple: hours that
 * are skipped in spring are never reached, and hours that come twice in autumn are quiet twice.
 */
function quietUntilIn({ from, to }: Pick<QuietHours, 'from' | 'to'>, zone: string, now: Instant): Instant {
  let at = now;
  for (;;) {
    const time = modulo(at + offsetAt(zone, at), DAY_MS);
    const since = modulo(time - from * MINUTE_MS, DAY_MS);
    const length = modulo((to - from) * MINUTE_MS, DAY_MS);
    if (since >= length) return at;
    const end = at + length - since;
    const change = nextClockChange(zone, at, end);
    if (change === undefined) return end;
    at = change;
  }
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
