import { callUse, numberRefusal, permissionNow, requestUse, type windowUse } from '../rules.ts';
import { newPair } from '../state.ts';
import { addressee, countryOfNumber, limitsOf, pairWith, type World } from '../world.ts';
import { GraphError, ruled } from './errors.ts';
import { type GraphRequest, recipientId } from './request.ts';

/** `GET /{phone number id}/call_permissions`: the authority on what is allowed now (meta-cloud-api.md §2). */
export function callPermissions(world: World, request: GraphRequest, lookups: number[]): unknown {
  const now = world.clock.now();
  const limits = limitsOf(world);
  while (lookups[0] !== undefined && lookups[0] <= now - 1000) lookups.shift();
  if (lookups.length >= limits.lookupsPerSecond)
    throw ruled(613, `At most ${limits.lookupsPerSecond} reads of call permissions per second.`);
  lookups.push(now);

  if (world.state.number.calling.status !== 'ENABLED')
    throw ruled(138000, 'Calling is not enabled for this phone number.');
  const user = request.query.get('user_wa_id') ?? undefined;
  const recipient = request.query.get('recipient') ?? undefined;
  if (user === undefined && recipient === undefined)
    throw new GraphError(100, 'One of the parameters user_wa_id and recipient is required.');
  const person = addressee(world, recipientId(user, recipient));
  // Somebody who cannot be called simply has no permission; that is no error.
  const reachable = person?.onWhatsApp && person.callable ? person : undefined;
  const pair = reachable ? pairWith(world, reachable) : newPair();

  const permission = permissionNow(pair, now);
  const requests = requestUse(pair, limits, now);
  const calls = callUse(pair, limits, now);
  const open = reachable !== undefined && !numberRefusal(world.state.number, countryOfNumber(world.state.number), now);
  return {
    messaging_product: 'whatsapp',
    permission: {
      status: permission.status,
      ...(permission.expiresAt === undefined ? {} : { expiration_time: Math.floor(permission.expiresAt / 1000) }),
    },
    actions: [
      {
        action_name: 'send_call_permission_request',
        can_perform_action: open && permission.status !== 'permanent' && !requests.day.full && !requests.week.full,
        limits: [limit('PT24H', requests.day), limit('P7D', requests.week)],
      },
      {
        action_name: 'start_call',
        can_perform_action: open && permission.status !== 'no_permission' && !calls.full,
        limits: [limit('PT24H', calls)],
      },
    ],
  };
}

function limit(period: string, use: ReturnType<typeof windowUse>) {
  return {
    time_period: period,
    max_allowed: use.max,
    current_usage: use.used,
    ...(use.freesAt === undefined ? {} : { limit_expiration_time: Math.ceil(use.freesAt / 1000) }),
  };
}
