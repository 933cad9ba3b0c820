import type { Contact, Permission } from '../../permission/model.ts';
import type { PairState } from '../../permission/pair-state.ts';
import type { PairRow } from '../operations/records.ts';
import type { Cells } from './cells.ts';

/** A pair of business number and contact as both engines' tables keep it. */
export function pairFromRow(row: Cells): PairRow {
  const permission: Permission = { status: String(row.status) as Permission['status'] };
  if (row.kind !== null) permission.kind = String(row.kind) as NonNullable<Permission['kind']>;
  if (row.granted_at !== null) permission.grantedAt = Number(row.granted_at);
  if (row.expires_at !== null) permission.expiresAt = Number(row.expires_at);
  if (row.source !== null) permission.source = String(row.source) as NonNullable<Permission['source']>;
  if (row.ended !== null) permission.ended = String(row.ended) as NonNullable<Permission['ended']>;
  if (row.ended_at !== null) permission.endedAt = Number(row.ended_at);
  if (row.purpose !== null) permission.purpose = String(row.purpose);
  if (row.request_id !== null) permission.requestId = String(row.request_id);
  if (row.requested_at !== null) permission.requestedAt = Number(row.requested_at);
  if (row.promised_by !== null) permission.promisedBy = Number(row.promised_by);
  if (row.replied_at !== null) permission.repliedAt = Number(row.replied_at);
  const state: PairState = { permission, unanswered: Number(row.unanswered) };
  if (row.opt_out_confirmed_at !== null) state.optOutConfirmedAt = Number(row.opt_out_confirmed_at);
  if (row.told_limits !== null) state.toldLimits = JSON.parse(String(row.told_limits));
  if (row.last_granted_at !== null) state.lastGrantedAt = Number(row.last_granted_at);
  if (row.last_connected_at !== null) state.lastConnectedAt = Number(row.last_connected_at);
  if (row.requests_reset_before !== null) state.requestsResetBefore = Number(row.requests_reset_before);
  if (row.streak_from !== null) state.streakFrom = Number(row.streak_from);
  if (row.self_revoked !== null) state.selfRevoked = JSON.parse(String(row.self_revoked));
  if (row.service_window_from !== null) state.serviceWindowFrom = Number(row.service_window_from);
  if (row.requests_blocked_until !== null) state.requestsBlockedUntil = Number(row.requests_blocked_until);
  if (row.calls_blocked_until !== null) state.callsBlockedUntil = Number(row.calls_blocked_until);
  if (row.dnc_since !== null) state.doNotCall = { since: Number(row.dnc_since), source: String(row.dnc_source) };
  const contact: Contact = {};
  if (row.phone !== null) contact.phone = String(row.phone);
  if (row.user_id !== null) contact.userId = String(row.user_id);
  if (row.parent_user_id !== null) contact.parentUserId = String(row.parent_user_id);
  if (row.name !== null) contact.name = String(row.name);
  if (row.language !== null) contact.language = String(row.language);
  if (row.time_zone !== null) contact.timeZone = String(row.time_zone);
  return {
    pairId: Number(row.pair_id),
    numberId: Number(row.number_id),
    contact,
    state,
    auditKey: row.audit_key instanceof Uint8Array ? row.audit_key : new Uint8Array(16),
  };
}
