import { randomBytes } from 'node:crypto';
import type { Instant } from '../permission/model.ts';

/**
 * A new reservation id, 24 characters of `[a-z0-9]`. It is also the correlation id that the provider echoes, so it is not
 * guessable; it begins with the time, so that rows lie on disk in the order in which they were made.
 */
export function newReservationId(now: Instant): string {
  const time = Math.max(0, Math.floor(now)).toString(36).padStart(9, '0');
  return `${time}${randomBytes(10).toString('hex').slice(0, 15)}`;
}
