import type { Contact, Permission, Reason } from '../permission/model.ts';
import { reasonFor } from '../permission/reason-text.ts';
import type { Desk } from './desk.ts';
import type { LiveTruth } from './live-truth.ts';
import { needsPermission } from './refusal.ts';
import type { PlaceInput, PlaceResult } from './switchboard.ts';

/** Why a call that the store allowed must not be placed: the provider says that it would refuse it. */
export async function contradiction(
  { deps: { ledger, businessNumber } }: Desk,
  { contact }: PlaceInput,
  { live }: LiveTruth,
): Promise<Reason | undefined> {
  if (live.status === 'none') {
    // A grant that came in while the question was on its way is newer than the answer.
    const permission = await ledger.status(businessNumber.id, contact).catch(() => undefined);
    return permission?.status === 'granted' ? undefined : reasonFor('permission_missing_at_provider');
  }
  const full = live.call.limits.filter(({ used, allowed }) => used >= allowed);
  if (full.length === 0) return undefined;
  const freesAt = Math.max(...full.map((limit) => limit.freesAt ?? 0));
  return reasonFor('connected_call_limit', {
    text: 'WhatsApp says that this person has been called too often already.',
    ...(freesAt > 0 && { nextAllowedAt: freesAt }),
  });
}

/** The result for the flow, with the permission as it stands now; in the store's own words where it has learnt the same. */
export async function refusedByTruth(
  { deps: { ledger, businessNumber } }: Desk,
  { contact, purpose }: { contact: Contact; purpose: string },
  told: Reason,
): Promise<PlaceResult> {
  const now = await ledger.explain(businessNumber, contact, purpose).catch(() => undefined);
  const reason = now?.callReason?.code === told.code ? now.callReason : told;
  const permission: Permission = now?.permission ?? { status: 'not_requested' };
  return { outcome: needsPermission(reason) ? 'needs_permission' : 'blocked', reason, contact, permission };
}
