import { type CallVerdict, judgeCall } from '../../permission/call-facts.ts';
import type { Contact } from '../../permission/model.ts';
import type { Profile } from '../../permission/profile.ts';
import type { StoredCall } from '../ledger.ts';
import { type CallRow, INBOUND } from './records.ts';

/**
 * What the rules look at, derived from state and facts. `counts`: it is, was or may yet become a connected call of ours.
 * `live`: no end is known (an unknown call may be ringing whatever we concluded ourselves).
 */
export function derive(call: CallRow, profile: Profile): CallVerdict & { counts: boolean; live: boolean } {
  const verdict = judgeCall(call.facts, profile);
  const over = call.facts.terminated !== undefined || (call.facts.finished !== undefined && call.state !== 'unknown');
  const live = call.state !== 'released' && !over;
  const counts =
    call.state !== 'released' &&
    call.direction !== INBOUND &&
    (verdict.connectedAt !== undefined || !over || call.state === 'unknown');
  return { ...verdict, counts, live };
}

/** A call whose silence ends its blocking: not known to exist, or nobody's here to end. */
export function isBounded(call: Pick<CallRow, 'owner' | 'state'>): boolean {
  return call.owner === '' || call.state === 'unknown';
}

export function toStoredCall(call: CallRow, businessNumberId: string, contact: Contact, profile: Profile): StoredCall {
  const verdict = derive(call, profile);
  const stored: StoredCall = {
    reservationId: call.reservationId,
    businessNumberId,
    contact,
    purpose: call.purpose,
    owner: call.owner,
    reservation: call.state,
    reservedAt: call.reservedAt,
  };
  if (call.callId !== undefined) stored.callId = call.callId;
  if (verdict.connectedAt !== undefined) stored.acceptedAt = verdict.connectedAt;
  if (verdict.endedAt !== undefined) stored.endedAt = verdict.endedAt;
  if (verdict.outcome !== undefined) stored.outcome = verdict.outcome;
  if (verdict.durationSeconds !== undefined) stored.durationSeconds = verdict.durationSeconds;
  if (verdict.errorCode !== undefined) stored.errorCode = verdict.errorCode;
  if (call.origin !== undefined) stored.origin = call.origin;
  if (call.direction === INBOUND) stored.direction = 'inbound';
  if (call.facts.endRequested !== undefined) stored.endRequested = call.facts.endRequested;
  return stored;
}
