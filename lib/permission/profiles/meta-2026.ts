import type { Profile } from '../profile.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const PERMISSIONS_PAGE = 'WhatsApp Cloud API, Calling: user call permissions';
const OVERVIEW_PAGE = 'WhatsApp Cloud API, Calling: overview';
const ERRORS_PAGE = 'WhatsApp Cloud API, Calling: troubleshooting';
const PRICING_PAGE = 'WhatsApp Cloud API, Calling: pricing';

/** Meta's rules for production numbers as of autumn 2026. Each limit names the page that states it and the page's date. */
export const META_2026: Profile = {
  id: 'meta-2026',
  requests: [
    {
      rule: {
        id: 'request-day',
        limit: '1 permission request per 24 h and contact',
        source: PERMISSIONS_PAGE,
        date: '2026-06-26',
      },
      code: 'request_limit_day',
      periodMs: DAY,
      allowed: 1,
    },
    {
      rule: {
        id: 'request-week',
        limit: '2 permission requests per 7 days and contact',
        source: PERMISSIONS_PAGE,
        date: '2026-06-26',
      },
      code: 'request_limit_week',
      periodMs: 7 * DAY,
      allowed: 2,
    },
  ],
  connectedCalls: {
    // 5 at launch, 10 since 2025-10-13, 100 since 2025-12-19; many pages still print the older ones.
    rule: {
      id: 'connected-day',
      limit: '100 connected calls per 24 h and contact',
      source: PERMISSIONS_PAGE,
      date: '2026-06-26',
    },
    code: 'connected_call_limit',
    periodMs: DAY,
    allowed: 100,
  },
  livePerPair: {
    rule: { id: 'live-pair', limit: '1 call at a time with a contact', source: ERRORS_PAGE, date: '2026-06-24' },
    code: 'call_in_progress',
    allowed: 1,
  },
  starts: {
    rule: {
      id: 'starts-day',
      limit: '10,000 started calls per 24 h and business number',
      source: ERRORS_PAGE,
      date: '2026-06-24',
    },
    code: 'number_daily_call_limit',
    periodMs: DAY,
    allowed: 10_000,
  },
  livePerNumber: {
    // The FAQ also says 5,000 in one place; the smaller number is the safe one.
    rule: {
      id: 'live-number',
      limit: '1,000 calls at a time per business number',
      source: ERRORS_PAGE,
      date: '2026-06-24',
    },
    code: 'number_concurrent_call_limit',
    allowed: 1_000,
  },
  unanswered: {
    rule: {
      id: 'unanswered',
      limit: '2 consecutive unanswered calls warn, 4 revoke the permission',
      source: PERMISSIONS_PAGE,
      date: '2026-06-26',
    },
    warnAt: 2,
    revokeAt: 4,
    // Meta does not say whether our own cancelling counts. Once the phone rang, the person may have missed it: count it.
    cancelledRing: 'after_ringing',
  },
  validity: {
    rule: {
      id: 'validity',
      limit: '604,800 s (7 days) from the approval',
      source: PERMISSIONS_PAGE,
      date: '2026-06-26',
    },
    ms: 604_800_000,
    caps: false,
  },
  requestLife: {
    rule: {
      id: 'request-life',
      limit: '7 days to answer a permission request',
      source: PERMISSIONS_PAGE,
      date: '2026-06-26',
    },
    ms: 7 * DAY,
  },
  serviceWindow: {
    rule: {
      id: 'service-window',
      limit: '24 h after the person wrote, called or accepted a call',
      source: PRICING_PAGE,
      date: '2026-09-11',
    },
    ms: DAY,
  },
  countries: {
    // 2025 pages also list Turkey: outdated. The business's country decides, never the contact's.
    rule: {
      id: 'business-country',
      limit:
        'not from the United States, Canada, Egypt, Vietnam, Nigeria; no service in Cuba, Iran, North Korea, Syria',
      source: OVERVIEW_PAGE,
      date: '2026-06-26',
    },
    excluded: ['US', 'CA', 'EG', 'VN', 'NG', 'CU', 'IR', 'KP', 'SY'],
  },
  territories: {
    // Cloud API has no service there (overview page). Ranges that are, or were, in use there; people move and keep numbers.
    rule: {
      id: 'territory',
      limit: 'no service in Crimea, Donetsk and Luhansk, which a number alone does not prove',
      source: OVERVIEW_PAGE,
      date: '2026-06-26',
    },
    mode: 'warn',
    ranges: [
      { prefix: '38065', name: 'Crimea' },
      { prefix: '380692', name: 'Crimea' },
      { prefix: '7365', name: 'Crimea' },
      { prefix: '7869', name: 'Crimea' },
      { prefix: '7978', name: 'Crimea' },
      { prefix: '38062', name: 'Donetsk' },
      { prefix: '38071', name: 'Donetsk' },
      { prefix: '7856', name: 'Donetsk' },
      { prefix: '7949', name: 'Donetsk' },
      { prefix: '38064', name: 'Luhansk' },
      { prefix: '38072', name: 'Luhansk' },
      { prefix: '7857', name: 'Luhansk' },
      { prefix: '7959', name: 'Luhansk' },
    ],
  },
  skewMs: 60_000,
};
