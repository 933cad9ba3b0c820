import { createHash } from 'node:crypto';

/** What identifies an event in the inbox: SHA-256 of its id, cut to 16 bytes (one accidental clash in 10^19 events or so). */
export function dedupeKey(eventId: string): Uint8Array {
  return createHash('sha256').update(eventId).digest().subarray(0, 16);
}
