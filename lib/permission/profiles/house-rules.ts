import type { RuleSource } from '../model.ts';

const ETIQUETTE = '8x8, WhatsApp Business calling: business-initiated calling (advice, not enforced)';
// Their documentation of July 2026 still carries the page.
const DATE = '2026-07-31';

const advice = (id: string, limit: string): RuleSource => ({ id, limit, source: ETIQUETTE, date: DATE });

/**
 * Rules that nobody but the user enforces, by what recommends them. They are off unless a profile or a store's settings
 * switch them on; `limit` is then said anew with the user's numbers.
 */
export const HOUSE_RULES = {
  requestsWithoutGrant: advice('request-total', 'a few permission requests in all, such as 3'),
  callsPerPermission: advice('permission-calls', '1 call per permission'),
  maxGrantAge: advice('grant-age', 'call within minutes of the permission'),
  callGap: advice('call-gap', 'do not call too frequently'),
  purposeBinding: advice('purpose', 'use a permission only for the purpose it was given for'),
  promise: advice('promise', 'call within the promised time'),
  quietRequests: advice('quiet-requests', 'do not ask late at night'),
  quietCalls: advice('quiet-calls', 'do not call late at night'),
  contactCountries: advice('contact-country', 'local telecommunication rules may restrict further'),
} as const;
