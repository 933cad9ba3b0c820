/**
 * The usual events of the audit, each stored as one character from `0` on; no event has a name that short. A place in this list is
 * part of the file format: add at the end, change nothing.
 */
const EVENTS: readonly string[] = [
  'request_reserved',
  'request_sent',
  'request_refused',
  'request_released',
  'request_unknown',
  'request_undeliverable',
  'permission_granted',
  'permission_denied',
  'permission_revoked',
  'permission_expired',
  'grant_kept_from_do_not_call',
  'reply_out_of_order',
  'call_reserved',
  'call_refused',
  'call_placed',
  'call_released',
  'call_unknown',
  'call_connect',
  'call_ringing',
  'call_accepted',
  'call_rejected',
  'call_terminated',
  'call_connected',
  'call_unanswered',
  'call_finished',
  'call_end_requested',
  'call_claimed',
  'call_adopted',
  'call_recorded',
  'call_found',
  'do_not_call_listed',
  'do_not_call_released',
  'opt_out_confirmation_released',
  'identities_merged',
  'identity_changed',
  'corrected_by_provider',
  'limits_told',
  'callback_added',
  'callback_claimed',
  'callback_done',
  'callback_cancelled',
  'callback_reopened',
];
const FIRST = '0'.charCodeAt(0);
const codes = new Map(EVENTS.map((event, index) => [event, String.fromCharCode(FIRST + index)]));

export function shortEvent(event: string): string {
  return codes.get(event) ?? event;
}

/** What was shortened; what was not comes back as it is. */
export function longEvent(stored: string): string {
  return stored.length === 1 ? (EVENTS[stored.charCodeAt(0) - FIRST] ?? stored) : stored;
}
