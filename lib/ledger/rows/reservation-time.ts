import type { Instant } from '../../permission/model.ts';

/**
 * Reservation ids begin with their time (`newReservationId`), so rows lie on disk in the order in which they were made: ids
 * from this one on were made at `at` or later.
 */
export function idAt(at: Instant): string {
  return Math.max(0, Math.floor(at)).toString(36).padStart(9, '0');
}
