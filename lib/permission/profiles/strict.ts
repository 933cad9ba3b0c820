import type { Profile } from '../profile.ts';
import { HOUSE_RULES } from './house-rules.ts';
import { META_2026 } from './meta-2026.ts';

/**
 * Meta's rules, and on top of them the restraint that 8x8's first page asked for: a permission holds for 24 h from the grant
 * and for one conversation, and nobody is asked more than three times in vain. A short age of the grant stays a setting of
 * its own (`maxGrantAgeSeconds`), because an appointment is confirmed a day ahead.
 */
export const STRICT: Profile = {
  ...META_2026,
  id: 'strict',
  validity: {
    rule: { ...HOUSE_RULES.maxGrantAge, id: 'validity', limit: '86,400 s (24 h) from the grant' },
    ms: 86_400_000,
    caps: true,
  },
  callsPerPermission: {
    rule: { ...HOUSE_RULES.callsPerPermission, limit: '1 connected call per permission' },
    allowed: 1,
    unansweredConsumes: false,
  },
  requestsWithoutGrant: {
    rule: { ...HOUSE_RULES.requestsWithoutGrant, limit: '3 permission requests in all without a permission' },
    allowed: 3,
  },
};
