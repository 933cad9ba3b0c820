import type { Check } from '../check.ts';
import { dataOf, targetsOf, textOf } from '../facts.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import { notOffered, saidBy, unseen } from '../unseen.ts';

const NEW_TOKEN =
  'Make a new token of a system user in the business settings (it does not expire), with whatsapp_business_messaging and whatsapp_business_management.';
const SCOPES = {
  whatsapp_business_messaging: 'Without it no call and no request leaves.',
  whatsapp_business_management:
    'Without it settings and templates cannot be read, and webhooks other than messages may not come.',
};
const WEEK_MS = 7 * 86_400_000;

/** The access token: valid, for how long, with which permissions and for which account. */
export const token: Check = {
  name: 'Access token',
  async run({ provider, phoneNumberId, wabaId, now }, facts) {
    const [number, answer] = await Promise.all([facts.basic(), facts.token()]);
    const refused = [number, answer].find((one) => !one.ok && one.error.code === 'provider_token_invalid');
    if (refused !== undefined && !number.ok)
      return [fail('token_invalid', 'The access token is not accepted.', saidBy(number.error), NEW_TOKEN)];
    if (provider === '360dialog' || provider === 'kapso') return [notOffered('token', 'What the access token may do')];
    if (!answer.ok) return [unseen('token', 'What the access token may do', answer.error)];
    const data = dataOf(answer.body);
    if (data.is_valid === false)
      return [
        fail(
          'token_invalid',
          'The access token is not valid any more.',
          'The provider says so about the token itself.',
          NEW_TOKEN,
        ),
      ];
    const findings: Finding[] = [];
    const scopes = Array.isArray(data.scopes) ? data.scopes.map(String) : undefined;
    for (const [scope, why] of Object.entries(SCOPES)) {
      if (scopes !== undefined && !scopes.includes(scope))
        findings.push(
          fail(
            `token_lacks_${scope.slice('whatsapp_business_'.length)}`,
            `The access token lacks the permission ${scope}.`,
            why,
            NEW_TOKEN,
          ),
        );
      const targets = targetsOf(data, scope);
      if (
        wabaId !== undefined &&
        targets !== undefined &&
        !targets.includes(wabaId) &&
        !targets.includes(phoneNumberId)
      )
        findings.push(
          fail(
            'token_other_account',
            `The access token has ${scope} for other accounts, but not for this one.`,
            'The system user has not been given the WhatsApp account.',
            'Give the system user the WhatsApp account in the business settings, then make a new token; or correct "Account id".',
          ),
        );
    }
    const ends = Number(textOf(data.expires_at) ?? 0) * 1000;
    if (ends > 0 && ends - now() < WEEK_MS)
      findings.push(
        warn(
          'token_expires',
          `The access token expires on ${new Date(ends).toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
          'Tokens from the page "API setup" live for a day, those of people for two months.',
          NEW_TOKEN,
        ),
      );
    const unique = [...new Map(findings.map((one) => [one.id, one])).values()];
    return unique.length > 0
      ? unique
      : [
          ok(
            'token',
            'The access token is valid and has both permissions.',
            'The provider says so about the token itself.',
          ),
        ];
  },
};
