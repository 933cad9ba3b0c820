import type { Check } from '../check.ts';
import { textOf } from '../facts.ts';
import { fail, ok, unknown } from '../finding.ts';
import { notOffered, unseen } from '../unseen.ts';

/** People a day that the business must be allowed to write to before calling can be switched on (overview, 26 Jun 2026). */
const NEEDED = 2000;

export const messagingLimit: Check = {
  name: 'Messaging limit',
  async run({ provider }, facts) {
    if (provider === '360dialog') return [notOffered('messaging_limit', 'The messaging limit')];
    const answer = await facts.number();
    if (!answer.ok) return [unseen('messaging_limit', 'The messaging limit', answer.error)];
    // A test number may call whatever its limit is.
    if (textOf(answer.body.account_mode)?.toUpperCase() === 'SANDBOX') return [];
    const tier = textOf(answer.body.whatsapp_business_manager_messaging_limit);
    const limit = readTier(tier);
    if (limit === undefined)
      return [
        unknown(
          'messaging_limit_unseen',
          'The messaging limit is not told.',
          tier === undefined ? 'The reply does not have it.' : `It is given as ${tier.slice(0, 40)}.`,
          'Look at the limit in WhatsApp Manager: calling needs at least 2,000.',
        ),
      ];
    if (limit < NEEDED)
      return [
        fail(
          'messaging_limit_low',
          `The business may write to ${limit.toLocaleString('en-US')} people a day.`,
          'Calling can be switched on from 2,000 people a day on.',
          'Verify the business, or send good messages until WhatsApp raises the limit.',
        ),
      ];
    return [ok('messaging_limit', 'The messaging limit is high enough.', `${tier}; calling needs 2,000 people a day.`)];
  },
};

/** `TIER_250`, `TIER_2K`, `TIER_2000`, `TIER_UNLIMITED`. */
function readTier(tier: string | undefined): number | undefined {
  if (tier === undefined) return undefined;
  if (/UNLIMITED/i.test(tier)) return Number.POSITIVE_INFINITY;
  const [, digits, thousand] = /^(?:TIER_)?(\d+)(K?)$/i.exec(tier) ?? [];
  return digits === undefined ? undefined : Number(digits) * (thousand ? 1000 : 1);
}
