import type { BusinessNumber, Contact } from '../../../../lib/permission/model.ts';
import type { ProfileOverrides } from '../../../../lib/permission/overrides.ts';

/** One call at a time with a contact, so exactly one of all racing clients gets each pair; the numbers' own limits stay out of it. */
export const LIMIT: ProfileOverrides = { startsPerDay: 1_000_000, concurrentCalls: 1_000_000 };

export function racePair(index: number): { businessNumber: BusinessNumber; contact: Contact } {
  return {
    businessNumber: { id: `race-${index % 10}`, phone: '351211000100' },
    contact: { phone: String(5_511_900_000_000 + index) },
  };
}
