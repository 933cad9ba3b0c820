import { z } from 'zod';
import { APP_ID } from '../account-facts.ts';
import { handshake } from '../webhook-handshake.ts';
import { countryOfNumber, type World } from '../world.ts';
import { GraphError } from './errors.ts';
import { type GraphRequest, parameters } from './request.ts';

const override = z.strictObject({ override_callback_uri: z.string().max(200), verify_token: z.string().optional() });
const change = z.looseObject({ webhook_configuration: override });

/** `GET | POST /{phone number id}`: diagnostics, and a webhook address for this number alone (meta-cloud-api.md §6, §7). */
export async function phoneNumber(world: World, request: GraphRequest): Promise<unknown> {
  if (request.method === 'GET') return pick(fields(world), request.query.get('fields'), world.settings.phoneNumberId);
  const wanted = parameters(change, request.body).webhook_configuration;
  if (wanted.override_callback_uri === '') {
    delete world.state.number.override.number;
  } else {
    world.state.number.override.number = await confirmed(wanted);
    world.sender.pump();
  }
  return { success: true };
}

/** `GET /{account id}/phone_numbers`. */
export function phoneNumbers(world: World): unknown {
  return { data: [pick(fields(world), null, world.settings.phoneNumberId)], paging: {} };
}

/** `GET | POST | DELETE /{account id}/subscribed_apps`: without a body it takes the account's own address away again. */
export async function subscribedApps(world: World, request: GraphRequest): Promise<unknown> {
  const { number } = world.state;
  if (request.method === 'GET') {
    const account = number.override.account;
    const app = {
      whatsapp_business_api_data: { id: APP_ID, name: world.businessName },
      ...(account ? { override_callback_uri: account.url } : {}),
    };
    return { data: number.subscribed ? [app] : [] };
  }
  if (request.method === 'DELETE') {
    number.subscribed = false;
    return { success: true };
  }
  const body = request.body as Record<string, unknown>;
  const target = Object.keys(body).length > 0 ? await confirmed(parameters(override, body)) : undefined;
  number.subscribed = true;
  if (target) number.override.account = target;
  else delete number.override.account;
  world.sender.pump();
  return { success: true };
}

async function confirmed(wanted: z.infer<typeof override>) {
  const target = { url: wanted.override_callback_uri, verifyToken: wanted.verify_token ?? '' };
  try {
    await handshake(target);
  } catch (error) {
    throw new GraphError(100, `The callback URL could not be validated. ${(error as Error).message}`, {
      subcode: 2200,
    });
  }
  return target;
}

function fields(world: World): Record<string, unknown> {
  const { account } = world;
  const { number } = world.state;
  const target = (one: { url: string } | undefined, name: string) => (one ? { [name]: one.url } : {});
  return {
    display_phone_number: account.displayNumber ?? number.businessNumber,
    verified_name: world.businessName,
    status: account.numberStatus,
    quality_rating: account.quality ?? (number.restriction ? 'RED' : 'GREEN'),
    account_mode: number.testNumber ? 'SANDBOX' : 'LIVE',
    country_code: countryOfNumber(number),
    whatsapp_business_manager_messaging_limit: `TIER_${number.messagingLimit}`,
    throughput: { level: 'STANDARD' },
    health_status: {
      can_send_message: account.health,
      entities: [
        { entity_type: 'PHONE_NUMBER', id: world.settings.phoneNumberId, can_send_message: 'AVAILABLE' },
        {
          entity_type: 'WABA',
          id: world.settings.wabaId,
          can_send_message: account.health,
          ...(account.healthErrors.length > 0 && { errors: account.healthErrors }),
        },
      ],
    },
    webhook_configuration: {
      ...target(number.override.number, 'phone_number'),
      ...target(number.override.account, 'whatsapp_business_account'),
      ...(account.withoutWebhook ? {} : target(world.sender.target, 'application')),
    },
  };
}

const USUAL = ['display_phone_number', 'verified_name', 'quality_rating'];

function pick(all: Record<string, unknown>, names: string | null, id: string): Record<string, unknown> {
  const wanted = names === null ? USUAL : names.split(',').map((name) => name.trim().replace(/[{(.].*$/, ''));
  const result: Record<string, unknown> = {};
  for (const name of wanted) {
    if (name === 'id' || name === '') continue;
    if (!(name in all)) throw new GraphError(100, `Tried accessing nonexisting field (${name})`);
    result[name] = all[name];
  }
  return { ...result, id };
}
