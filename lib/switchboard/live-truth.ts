import type { Correction } from '../ledger/ledger.ts';
import { maskContact } from '../permission/masking.ts';
import type { Contact, Instant, LimitState, Permission, ToldLimits } from '../permission/model.ts';
import { permissionMark } from '../permission/permission-mark.ts';
import type { Profile } from '../permission/profile.ts';
import { type OurView, reconcile } from '../permission/reconcile.ts';
import { META_2026 } from '../permission/rules.ts';
import { isWorthKeeping, keepTold, rulesFor, sameWindows } from '../permission/told-limits.ts';
import { ProviderError, type ProviderPermission } from '../provider/provider.ts';
import { type Desk, inBackground } from './desk.ts';
import { told } from './patience.ts';

/** What the store knew before the provider was asked. */
export interface Ours {
  permission: Permission;
  requestLimits?: LimitState[];
  callLimits?: LimitState[];
  providerBlocks?: { requestsUntil?: Instant; callsUntil?: Instant };
  toldLimits?: ToldLimits;
}
export interface LiveTruth {
  live: ProviderPermission;
  /** One sentence for each thing in which the two differed, and those of them that were not reported yet. */
  differences: string[];
  news: string[];
  /** Whether the store had to be changed: it may answer differently now. */
  corrected: boolean;
}

/** Meta's codes for too many questions (meta-cloud-api.md §2 and §8.1, 2026-09-11). */
const TOO_MANY = new Set(['613', '4']);

/**
 * Asks the provider about a person, and puts the store right where the two differ: the provider wins. A new disagreement is
 * logged. The caller has taken the question from `desk.queries`.
 * @throws ProviderError, LedgerError
 */
export async function askProvider(
  desk: Desk,
  { contact, ours, ms }: { contact: Contact; ours: Ours; ms: number },
): Promise<LiveTruth> {
  const { provider, businessNumber, log, now, profile = META_2026 } = desk.deps;
  let live: ProviderPermission;
  try {
    live = await provider.queryPermission(contact, AbortSignal.timeout(ms));
  } catch (error) {
    if (error instanceof ProviderError && TOO_MANY.has(error.providerCode ?? '')) desk.queries.rest();
    throw error;
  }
  const view = comparable(ours, live, profile);
  const { differences, told: limits } = reconcile(profile, live, now(), view);
  const news = desk.disagreements.news(contact, differences, now());
  for (const difference of news) log('warn', `${maskContact(contact)}: ${difference}`);
  const about = { businessNumber, contact };
  const corrections = correctionsFor(live, ours, view.permission, now());
  const before = rulesFor(profile, ours.toldLimits, now());
  const changed =
    corrections.length > 0 || !sameWindows(before, rulesFor(profile, keepTold(ours.toldLimits, limits, now()), now()));
  if (isWorthKeeping(ours.toldLimits, limits, now())) corrections.push({ says: 'limits', limits });
  const written = await correct(
    desk,
    corrections.map((correction) => ({ ...about, ...correction })),
  );
  return { live, differences, news, corrected: written && changed };
}

/**
 * Writes to the ledger what the provider said, and lets flows hear what follows: the ledger keeps that for the next sweep.
 * @returns whether there was something to write and it was written; a failure is logged
 */
export async function correct(desk: Desk, corrections: Correction[]): Promise<boolean> {
  if (corrections.length === 0) return false;
  try {
    for (const correction of corrections) await desk.deps.ledger.correct(correction);
  } catch (error) {
    desk.deps.log('error', `What the provider said could not be written to the permission store: ${told(error)}`);
    return false;
  }
  inBackground(desk, 'Telling of a correction', desk.sweeper.sweep());
  return true;
}

/**
 * Our view as far as the provider can contradict it. It knows neither opt-outs nor a user's own shorter validity, so that it
 * goes on saying *granted* there is no disagreement, and nothing to correct.
 */
function comparable(ours: Ours, live: ProviderPermission, profile: Profile): OurView {
  const { permission, requestLimits = [], callLimits = [], toldLimits } = ours;
  const underWay = callLimits.find(({ rule }) => rule.id === profile.livePerPair.rule.id)?.used ?? 0;
  const view: OurView = { requestLimits, callLimits, underWay, ...(toldLimits === undefined ? {} : { toldLimits }) };
  if (live.status !== 'none' && permission.ended === 'opt_out') return view;
  if (!profile.validity.caps) return { ...view, permission };
  if (live.status !== 'none' && permission.ended === 'expired') return view;
  const shortened = (live.expiresAt ?? Infinity) > (permission.expiresAt ?? 0);
  if (permission.status === 'granted' && live.status !== 'none' && shortened) return view;
  return { ...view, permission };
}

type Said = Omit<Correction, 'businessNumber' | 'contact'>;

function correctionsFor(
  live: ProviderPermission,
  ours: Ours,
  permission: Permission | undefined,
  now: Instant,
): Said[] {
  const corrections: Said[] = [];
  const { requestsUntil, callsUntil } = ours.providerBlocks ?? {};
  const blocks: [Said['says'], ProviderPermission['call'], LimitState[] | undefined, Instant | undefined][] = [
    ['request_limit', live.request, ours.requestLimits, requestsUntil],
    ['connected_limit', live.call, ours.callLimits, callsUntil],
  ];
  for (const [says, { limits }, known, until] of blocks) {
    // What was not looked up cannot be compared.
    if (known === undefined) continue;
    const full = limits.filter(({ used, allowed }) => used >= allowed);
    if (full.length > 0) {
      const free = Math.max(...full.map(({ freesAt }) => freesAt ?? 0));
      const covered = until ?? Math.max(0, ...known.flatMap(({ freesAt }) => freesAt ?? []));
      if (free === 0 ? covered > now : covered >= free) continue;
      corrections.push({ says, ...(free > now && { retryAt: free }) });
    } else if (until !== undefined && limits.length > 0) corrections.push({ says, retryAt: now });
  }
  if (permission !== undefined) {
    const seen = permissionMark(ours.permission);
    const { status, kind = 'temporary', expiresAt } = permission;
    const held = status === 'granted' ? kind : 'none';
    if (live.status === 'none') {
      if (held !== 'none') corrections.push({ says: 'no_permission', seen });
    } else if (live.status === 'permanent') {
      if (held !== 'permanent') corrections.push({ says: 'permanent', seen });
    } else if (live.expiresAt !== undefined && (held !== 'temporary' || live.expiresAt !== expiresAt))
      corrections.push({ says: 'temporary', expiresAt: live.expiresAt, seen });
  }
  return corrections;
}
