import type { Correction } from '../ledger/ledger.ts';
import type { Contact, Permission, Reason } from '../permission/model.ts';
import { reconcile } from '../permission/reconcile.ts';
import { META_2026 } from '../permission/rules.ts';
import type { ProviderPermission } from '../provider/provider.ts';
import { type Desk, inBackground } from './desk.ts';
import { told } from './patience.ts';
import type { RefusalReason } from './refusal.ts';

/** How long the provider may take to tell when the next request or call is free. */
const QUERY_MS = 5_000;

/**
 * The provider contradicted our books: it wins (meta-cloud-api.md §4.4). Corrects the ledger, and asks the provider
 * when the limit is free again, and how large it is. Neither may fail the answer to the flow.
 */
export async function learnRefusal(
  desk: Desk,
  contact: Contact,
  { reason, says }: RefusalReason,
): Promise<{ reason: Reason; permission?: Permission }> {
  const { ledger, businessNumber, log } = desk.deps;
  if (says === undefined) return { reason };
  const answer = await limitsNow(desk, contact, says);
  const retryAt = answer === undefined ? undefined : freeAgain(desk, answer, says);
  const known: Reason = retryAt === undefined ? reason : { ...reason, nextAllowedAt: retryAt };
  try {
    const correction: Correction = { businessNumber, contact, says, ...(retryAt === undefined ? {} : { retryAt }) };
    const permission = await ledger.correct(correction);
    if (answer !== undefined) {
      const { told: limits } = reconcile(desk.deps.profile ?? META_2026, answer, desk.deps.now());
      if (limits.requests.length + limits.calls.length > 0)
        await ledger.correct({ businessNumber, contact, says: 'limits', limits });
    }
    // The ledger keeps what flows should hear of it for the next sweep.
    inBackground(desk, 'Telling of a correction', desk.sweeper.sweep());
    return { reason: known, permission };
  } catch (error) {
    log(
      'error',
      `What the provider said (${reason.code}) could not be written to the permission store: ${told(error)}`,
    );
    return { reason: known };
  }
}

async function limitsNow(
  desk: Desk,
  contact: Contact,
  says: Correction['says'],
): Promise<ProviderPermission | undefined> {
  const { provider, log } = desk.deps;
  if (!provider.capabilities.queryPermission) return undefined;
  if (says !== 'request_limit' && says !== 'connected_limit') return undefined;
  if (!desk.queries.take()) return undefined;
  try {
    return await provider.queryPermission(contact, AbortSignal.timeout(QUERY_MS));
  } catch (error) {
    log('debug', `When the limit is free again could not be asked: ${told(error)}`);
    return undefined;
  }
}

function freeAgain({ deps }: Desk, answer: ProviderPermission, says: Correction['says']): number | undefined {
  const { limits } = says === 'request_limit' ? answer.request : answer.call;
  const times = limits.filter((limit) => limit.used >= limit.allowed).flatMap(({ freesAt }) => freesAt ?? []);
  const latest = Math.max(...times);
  return latest > deps.now() && Number.isFinite(latest) ? latest : undefined;
}
