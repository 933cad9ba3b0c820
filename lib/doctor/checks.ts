import type { Check } from './check.ts';
import { apiVersion } from './checks/api-version.ts';
import { calling } from './checks/calling.ts';
import { clock } from './checks/clock.ts';
import { country } from './checks/country.ts';
import { media } from './checks/media.ts';
import { messagingLimit } from './checks/messaging-limit.ts';
import { number } from './checks/number.ts';
import { payment } from './checks/payment.ts';
import { reach } from './checks/reach.ts';
import { restrictions } from './checks/restrictions.ts';
import { store } from './checks/store.ts';
import { subscription } from './checks/subscription.ts';
import { token } from './checks/token.ts';
import { webhook } from './checks/webhook.ts';

/** Everything that is looked at, in the order of a set-up. */
export const CHECKS: readonly Check[] = [
  reach,
  apiVersion,
  token,
  number,
  country,
  messagingLimit,
  calling,
  restrictions,
  payment,
  subscription,
  webhook,
  media,
  clock,
  store,
];
