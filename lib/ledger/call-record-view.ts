import { maskContact } from '../permission/masking.ts';
import type { Contact } from '../permission/model.ts';
import { billedPulses } from './billed-pulses.ts';
import type { CallRecord } from './call-record.ts';

/** How records are shown. */
export interface RecordLook {
  /** Phone numbers and ids in full. Otherwise masked: they are personal data wherever a record goes. */
  full: boolean;
  /** What an answered call of 0 seconds is billed; the provider does not say. */
  shortest: 'none' | 'one';
}

/**
 * A record as it may be shown: masked unless `full` is chosen, its pulses counted from the provider's duration.
 * The provider's id of a call contains the phone number in another notation, so it is cut to its end as well.
 */
export function shownRecord(record: CallRecord, { full, shortest }: RecordLook): CallRecord {
  const { billedPulses: _stored, ...kept } = record;
  const pulses = billedPulses(record, shortest);
  const shown = { ...kept, ...(pulses === undefined ? {} : { billedPulses: pulses }) };
  if (full) return shown;
  const { providerCallId } = record;
  return {
    ...shown,
    contact: masked(record.contact),
    ...(providerCallId === undefined ? {} : { providerCallId: `…${providerCallId.slice(-6)}` }),
  };
}

function masked({ phone, userId, parentUserId }: Contact): Contact {
  return {
    ...(phone === undefined ? {} : { phone: maskContact({ phone }) }),
    ...(userId === undefined ? {} : { userId: maskContact({ userId }) }),
    ...(parentUserId === undefined ? {} : { parentUserId: maskContact({ parentUserId }) }),
  };
}
