import type { Contact, Instant } from '../../permission/model.ts';
import type { PairState } from '../../permission/pair-state.ts';
import type { Profile } from '../../permission/profile.ts';
import { derive } from '../operations/call-derived.ts';
import type { CallbackRow, CallRow, PairRow, RequestRow } from '../operations/records.ts';
import { callbackStateNumber } from '../rows/callback-row.ts';
import { stateNumber } from '../rows/reservation-state.ts';
import { text } from './clean-texts.ts';

/** Rows as PostgreSQL takes them: one JSON object each, named by column. */
export type Columns = Record<string, string | number | null>;

function orNull(value: string | undefined): string | null {
  return value === undefined ? null : text(value);
}
function whole(at: Instant | undefined): number | null {
  return at === undefined ? null : Math.round(at);
}
function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

export function pairColumns(pair: PairRow, mergedInto: number | undefined): Columns {
  return {
    pair_id: pair.pairId,
    number_id: pair.numberId,
    ...contactColumns(pair.contact),
    ...stateColumns(pair.state),
    audit_key: Buffer.from(pair.auditKey).toString('hex'),
    merged_into: mergedInto ?? null,
  };
}

function contactColumns(contact: Contact): Columns {
  return {
    phone: orNull(contact.phone),
    user_id: orNull(contact.userId),
    parent_user_id: orNull(contact.parentUserId),
    name: orNull(contact.name),
    language: orNull(contact.language),
    time_zone: orNull(contact.timeZone),
  };
}

function stateColumns(state: PairState): Columns {
  const p = state.permission;
  return {
    status: p.status,
    kind: orNull(p.kind),
    granted_at: whole(p.grantedAt),
    expires_at: whole(p.expiresAt),
    source: orNull(p.source),
    ended: orNull(p.ended),
    ended_at: whole(p.endedAt),
    purpose: orNull(p.purpose),
    request_id: orNull(p.requestId),
    requested_at: whole(p.requestedAt),
    replied_at: whole(p.repliedAt),
    last_connected_at: whole(state.lastConnectedAt),
    requests_reset_before: whole(state.requestsResetBefore),
    streak_from: whole(state.streakFrom),
    unanswered: state.unanswered,
    self_revoked: json(state.selfRevoked),
    service_window_from: whole(state.serviceWindowFrom),
    requests_blocked_until: whole(state.requestsBlockedUntil),
    calls_blocked_until: whole(state.callsBlockedUntil),
    dnc_since: whole(state.doNotCall?.since),
    dnc_source: orNull(state.doNotCall?.source),
    promised_by: whole(p.promisedBy),
    last_granted_at: whole(state.lastGrantedAt),
    opt_out_confirmed_at: whole(state.optOutConfirmedAt),
    told_limits: json(state.toldLimits),
  };
}

export function requestColumns(request: RequestRow): Columns {
  return {
    reservation_id: text(request.reservationId),
    pair_id: request.pairId,
    state: stateNumber(request.state),
    reserved_at: request.reservedAt,
    at: whole(request.at),
    lease_until: request.leaseUntil,
    owner: request.owner,
    via: request.via,
    purpose: text(request.purpose),
    promised_by: whole(request.promisedBy),
    provider_id: orNull(request.providerId),
    template: orNull(request.template),
    answer: orNull(request.answer),
    answered_at: whole(request.answeredAt),
  };
}

export function callColumns(call: CallRow, profile: Profile): Columns {
  const verdict = derive(call, profile);
  return {
    reservation_id: text(call.reservationId),
    pair_id: call.pairId,
    number_id: call.numberId,
    direction: call.direction,
    call_id: orNull(call.callId),
    state: stateNumber(call.state),
    counts: verdict.counts ? 1 : 0,
    live: verdict.live ? 1 : 0,
    reserved_at: whole(call.reservedAt),
    started_at: whole(call.startedAt),
    at: whole(call.at),
    last_news: whole(call.lastNews),
    lease_until: whole(call.leaseUntil),
    owner: call.owner,
    purpose: text(call.purpose),
    granted_at: whole(call.grantedAt),
    request_id: orNull(call.requestId),
    origin: json(call.origin),
    facts: Object.keys(call.facts).length === 0 ? null : JSON.stringify(call.facts),
    connected_at: whole(verdict.connectedAt),
    ended_at: whole(verdict.endedAt),
    outcome: orNull(verdict.outcome),
    unanswered: verdict.unanswered ? 1 : 0,
    duration_s: verdict.durationSeconds ?? null,
    error_code: orNull(verdict.errorCode),
    notes: json(call.notes),
  };
}

export function callbackColumns(row: CallbackRow): Columns {
  return {
    callback_id: text(row.callbackId),
    number_id: row.numberId,
    pair_id: row.pairId,
    source: row.source,
    purpose: orNull(row.purpose),
    note: orNull(row.note),
    requested_at: whole(row.requestedAt),
    due_at: whole(row.dueAt),
    state: callbackStateNumber(row.state),
    claimed_by: orNull(row.claimedBy),
    claimed_until: whole(row.claimedUntil),
    call_id: orNull(row.callId),
    attempts: row.attempts,
    changed_at: whole(row.changedAt),
  };
}
