import type { Profile } from '../profile.ts';
import { META_2026 } from './meta-2026.ts';

/**
 * What YCloud states for its customers: 2 requests in 72 hours instead of Meta's two windows. Should Meta refuse one that
 * this allows (138009), its word is kept and waited for.
 */
export const YCLOUD: Profile = {
  ...META_2026,
  id: 'ycloud',
  requests: [
    {
      rule: {
        id: 'request-three-days',
        limit: '2 permission requests per 72 h and contact',
        source: 'YCloud, WhatsApp Calling API (as collected on this date)',
        date: '2026-11-20',
      },
      code: 'request_limit_three_days',
      periodMs: 3 * 86_400_000,
      allowed: 2,
    },
  ],
};
