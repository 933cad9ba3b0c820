import type { Profile } from '../profile.ts';
import { META_2026 } from './meta-2026.ts';

const SANDBOX_PAGE = 'WhatsApp Cloud API, Calling: sandbox';
const DAY = 86_400_000;
const source = { source: SANDBOX_PAGE, date: '2026-04-07' };

/** Meta's public test numbers and sandbox accounts: more requests, more unanswered calls, everything else as in production. */
export const TEST_NUMBER: Profile = {
  ...META_2026,
  id: 'test-number',
  requests: [
    {
      rule: { id: 'request-day', limit: '25 permission requests per 24 h and contact', ...source },
      code: 'request_limit_day',
      periodMs: DAY,
      allowed: 25,
    },
    {
      rule: { id: 'request-week', limit: '100 permission requests per 7 days and contact', ...source },
      code: 'request_limit_week',
      periodMs: 7 * DAY,
      allowed: 100,
    },
  ],
  unanswered: {
    ...META_2026.unanswered,
    rule: {
      id: 'unanswered',
      limit: '5 consecutive unanswered calls warn, 10 revoke the permission',
      ...source,
    },
    warnAt: 5,
    revokeAt: 10,
  },
};
