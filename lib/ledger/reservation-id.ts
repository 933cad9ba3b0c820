import { randomFillSync } from 'node:crypto';
import type { Instant } from '../permission/model.ts';

/** Asking the system for randomness costs more than the id itself, so it is asked for many ids at once. */
const POOL = Buffer.alloc(4_096);
const BYTES = 8;
let used = POOL.length;

/**
 * A new reservation id, 24 characters of `[a-z0-9]`. It is also the correlation id that the provider echoes, so it is not
 * guessable; it begins with the time, so that rows lie on disk in the order in which they were made.
 */
export function newReservationId(now: Instant): string {
  const time = Math.max(0, Math.floor(now)).toString(36).padStart(9, '0');
  if (used + BYTES > POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  const random = POOL.toString('hex', used, used + BYTES).slice(1);
  used += BYTES;
  return `${time}${random}`;
}
