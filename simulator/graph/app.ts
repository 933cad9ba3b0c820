import { APP_ID } from '../account-facts.ts';
import type { World } from '../world.ts';
import { GraphError } from './errors.ts';
import type { GraphRequest } from './request.ts';

/** `GET /debug_token?input_token=…`: what a token is good for. */
export function debugToken(world: World, request: GraphRequest): unknown {
  const { account, settings, clock } = world;
  if (request.query.get('input_token') !== settings.accessToken)
    return {
      data: { is_valid: false, scopes: [], error: { code: 190, message: 'The access token could not be decrypted' } },
    };
  const targets = account.tokenAccounts ?? [settings.wabaId];
  return {
    data: {
      app_id: APP_ID,
      type: 'SYSTEM_USER',
      application: world.businessName,
      is_valid: account.tokenValid,
      expires_at: account.tokenExpiresIn === 0 ? 0 : clock.seconds() + account.tokenExpiresIn,
      data_access_expires_at: 0,
      scopes: account.tokenScopes,
      granular_scopes: account.tokenScopes.map((scope) => ({ scope, target_ids: targets })),
    },
  };
}

/** `GET /{app id}/subscriptions`, which only the app itself may ask (`<app id>|<app secret>`). */
export function subscriptions(world: World, _request: GraphRequest, token: string): unknown {
  const { account, settings, sender } = world;
  if (account.secretDiffers || token !== `${APP_ID}|${settings.appSecret}`)
    throw new GraphError(190, 'Invalid OAuth access token signature.');
  if (account.withoutWebhook || sender.target === undefined) return { data: [] };
  const fields = account.fields.map((name) => ({ name, version: 'v25.0' }));
  return {
    data: [
      { object: 'whatsapp_business_account', callback_url: sender.target.url, active: account.webhookActive, fields },
    ],
  };
}
