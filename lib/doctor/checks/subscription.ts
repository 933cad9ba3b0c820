import type { Check } from '../check.ts';
import { itemOf, itemsOf, textOf } from '../facts.ts';
import { type Finding, fail, ok, unknown } from '../finding.ts';
import { notOffered, unseen } from '../unseen.ts';

const NEEDED = {
  calls: 'Without it the answer to a call, its ringing and its end never arrive: every call stays without sound.',
  messages: 'Without it replies to permission requests and opt-outs never arrive.',
};

/** The app gets the account's webhooks, and the two fields that matter. */
export const subscription: Check = {
  name: 'Webhook subscription',
  async run({ provider, appGraph }, facts) {
    if (provider === '360dialog' || provider === 'kapso')
      return [notOffered('subscription', 'The webhook subscription')];
    const [apps, subscriptions, appId] = await Promise.all([facts.apps(), facts.subscriptions(), facts.appId()]);
    const findings: Finding[] = [];
    if (apps === undefined)
      findings.push(
        unknown(
          'subscription_unseen',
          'Whether the app gets the account’s webhooks could not be looked at.',
          'The id of the account is not known.',
          'Enter the "Account id".',
        ),
      );
    else if (!apps.ok) findings.push(unseen('subscription', 'Whether the app gets the account’s webhooks', apps.error));
    else {
      const ids = itemsOf(apps.body.data).flatMap((item) => textOf(itemOf(item.whatsapp_business_api_data)?.id) ?? []);
      if (ids.length === 0 || (appId !== undefined && !ids.includes(appId)))
        findings.push(
          fail(
            'app_not_subscribed',
            ids.length === 0
              ? 'No app gets the webhooks of the account.'
              : 'Other apps get the webhooks of the account, but not the app of this token.',
            'Then nothing arrives here: no answer to a call, no reply to a request.',
            'Subscribe the app to the account: POST /<account id>/subscribed_apps, or WhatsApp, configuration, in the app’s dashboard.',
          ),
        );
    }
    if (subscriptions === undefined) {
      const why =
        appGraph === undefined
          ? 'Only Meta tells it, and only with the app secret.'
          : 'The app of the token is not known.';
      findings.push(
        unknown(
          'fields_unseen',
          'Which webhook fields the app gets could not be looked at.',
          why,
          'Check in the app’s dashboard that "calls" and "messages" are subscribed.',
        ),
      );
      return findings;
    }
    if (!subscriptions.ok) {
      if (subscriptions.error.code === 'provider_token_invalid')
        findings.push(
          fail(
            'app_secret_wrong',
            'The app secret is not the one of the token’s app.',
            'Meta signs webhooks with the app’s secret: with another one every webhook is refused.',
            'Copy the app secret from the app’s dashboard (Settings, Basic).',
          ),
        );
      else findings.push(unseen('fields', 'Which webhook fields the app gets', subscriptions.error));
      return findings;
    }
    const account = itemsOf(subscriptions.body.data).filter((item) => item.object === 'whatsapp_business_account');
    if (account.some((item) => item.active === false))
      findings.push(
        fail(
          'webhook_inactive',
          'The app’s webhook is switched off.',
          'Meta switches it off after many failures.',
          'Verify the webhook address again in the app’s dashboard.',
        ),
      );
    const fields = account.flatMap((item) =>
      (Array.isArray(item.fields) ? item.fields : []).flatMap(
        (field: unknown) => textOf(itemOf(field)?.name ?? field) ?? [],
      ),
    );
    for (const [field, why] of Object.entries(NEEDED))
      if (!fields.includes(field))
        findings.push(
          fail(
            `field_${field}_missing`,
            `The app does not get the webhook field "${field}".`,
            why,
            `Subscribe "${field}" in the app’s dashboard: WhatsApp, configuration, webhook fields.`,
          ),
        );
    return findings.length > 0
      ? findings
      : [
          ok(
            'subscription',
            'The app gets the fields "calls" and "messages" of the account.',
            'Meta’s own list of subscriptions; the app secret is right.',
          ),
        ];
  },
};
