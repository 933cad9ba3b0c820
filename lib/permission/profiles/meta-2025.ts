import type { Profile } from '../profile.ts';
import { META_2026 } from './meta-2026.ts';

const INFOBIP_PAGE = 'Infobip, WhatsApp Business Calling: business-initiated calling';

/**
 * Meta's rules until 2025-10-13, which several providers still print and some still enforce (Infobip's page, Twilio's
 * error 37006): 5 connected calls in 24 h, and no calls from Turkey.
 */
export const META_2025: Profile = {
  ...META_2026,
  id: 'meta-2025',
  connectedCalls: {
    ...META_2026.connectedCalls,
    rule: {
      id: 'connected-day',
      limit: '5 connected calls per 24 h and contact',
      source: INFOBIP_PAGE,
      date: '2025-10-13',
    },
    allowed: 5,
  },
  countries: {
    rule: {
      id: 'business-country',
      limit:
        'not from the United States, Canada, Turkey, Egypt, Vietnam, Nigeria; no service in Cuba, Iran, North Korea, Syria',
      source: INFOBIP_PAGE,
      date: '2025-10-13',
    },
    excluded: ['US', 'CA', 'TR', 'EG', 'VN', 'NG', 'CU', 'IR', 'KP', 'SY'],
  },
};
