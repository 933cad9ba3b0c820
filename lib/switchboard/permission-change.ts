import type { Effect } from '../ledger/ledger.ts';
import type { Desk } from './desk.ts';
import { told } from './patience.ts';
import type { PermissionChange } from './switchboard.ts';

/** Tells flows what happened to a permission, with what may be done now. Other business numbers' changes are not ours. */
export async function tellPermission(desk: Desk, effect: Effect): Promise<void> {
  const { businessNumber, ledger, log } = desk.deps;
  if (effect.kind === 'unanswered_warning' || effect.businessNumberId !== businessNumber.id) return;
  // Said again by somebody who is listed: nothing changed.
  if (effect.kind === 'opted_out' && !effect.first) return;
  if (effect.kind === 'granted' && effect.permission.expiresAt !== undefined)
    desk.sweeper.expect(effect.permission.expiresAt);
  let permission: PermissionChange['permission'] = effect.permission;
  try {
    const { canRequest, canCall } = await ledger.explain(businessNumber, effect.contact);
    permission = { ...effect.permission, canRequest, canCall };
  } catch (error) {
    // The change itself is certain; only what follows from it could not be read.
    log('warn', `What is allowed after a permission change could not be read: ${told(error)}`);
  }
  const { contact } = effect;
  if (effect.kind === 'opted_out') desk.permissions.tell({ change: 'ended', why: 'opt_out', contact, permission });
  else if (effect.kind === 'ended') desk.permissions.tell({ change: 'ended', why: effect.why, contact, permission });
  else desk.permissions.tell({ change: effect.kind, contact, permission });
}
