import { z } from 'zod';
import type { World } from '../world.ts';
import { GraphError, ruled } from './errors.ts';
import { type GraphRequest, parameters } from './request.ts';

const onOff = z.enum(['ENABLED', 'DISABLED']);
const time = z.string().regex(/^([01]\d|2[0-3]):?[0-5]\d$/, 'a time such as 0930');
const days = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;
const calling = z.strictObject({
  status: onOff.optional(),
  call_icon_visibility: z.enum(['DEFAULT', 'DISABLE_ALL', 'HIDE_IN_CHAT']).optional(),
  call_icons: z.strictObject({ restrict_to_user_countries: z.array(z.string().regex(/^[A-Z]{2}$/)) }).optional(),
  call_hours: z
    .strictObject({
      status: onOff,
      timezone_id: z.string().refine(isTimeZone, 'an IANA time zone such as Europe/Lisbon'),
      weekly_operating_hours: z
        .array(z.strictObject({ day_of_week: z.enum(days), open_time: time, close_time: time }))
        .min(1),
      holiday_schedule: z
        .array(z.strictObject({ date: z.iso.date(), start_time: time, end_time: time }))
        .max(20)
        .optional(),
    })
    .optional(),
  callback_permission_status: onOff.optional(),
  srtp_key_exchange_protocol: z.enum(['DTLS', 'SDES']).optional(),
  audio: z.strictObject({ additional_codecs: z.array(z.enum(['PCMA', 'PCMU'])) }).optional(),
  voicemail: z
    .strictObject({
      status: onOff,
      triggers: z.array(z.enum(['REJECT', 'TIMEOUT'])).optional(),
      audio: z
        .strictObject({
          default: z.strictObject({
            announcement_media_id: z.union([z.number().int(), z.string().regex(/^\d+$/)]).optional(),
            timeout_seconds: z.number().int().min(0).max(30).optional(),
          }),
        })
        .optional(),
    })
    .optional(),
  sip: z
    .strictObject({
      status: onOff,
      webhook_delivery: onOff.optional(),
      servers: z
        .array(
          z.strictObject({
            hostname: z.string(),
            port: z.number().int().optional(),
            request_uri_user_params: z.record(z.string(), z.string()).optional(),
          }),
        )
        .optional(),
    })
    .optional(),
});
const body = z.strictObject({ calling });

/** Changes of these are told by `account_settings_update`. */
const TOLD = ['status', 'call_icon_visibility', 'callback_permission_status', 'srtp_key_exchange_protocol'] as const;

/** `GET | POST /{phone number id}/settings` (meta-cloud-api.md §7). A group that is sent replaces the old one whole. */
export function settings(world: World, request: GraphRequest): unknown {
  const { number } = world.state;
  if (request.method === 'GET') return { calling: { ...shown(number.calling), ...restrictions(world) } };

  const wanted = parameters(body, request.body).calling;
  if (wanted.call_hours) checkHours(wanted.call_hours, world.clock.now());
  if (wanted.status === 'ENABLED') {
    if (!number.testNumber && number.messagingLimit < 2000)
      throw ruled(138015, 'Calling needs a messaging limit of at least 2000 recipients per day.');
    if (!number.subscribed && wanted.sip?.status !== 'ENABLED')
      throw ruled(138018, 'Subscribe an app to the calls webhooks of this account first, or configure SIP.');
  }
  const before = number.calling;
  number.calling = {
    ...before,
    ...Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)),
  } as typeof before;
  const sip = (value: typeof before) => (value.sip as { status?: string } | undefined)?.status;
  if (TOLD.some((name) => before[name] !== number.calling[name]) || sip(before) !== sip(number.calling)) {
    const told = Object.fromEntries(
      TOLD.flatMap((name) => (number.calling[name] === undefined ? [] : [[name, number.calling[name]]])),
    );
    world.sender.emit('account_settings_update', 'settings', {
      timestamp: String(world.clock.seconds()),
      type: 'phone_number_settings',
      phone_number_settings: {
        phone_number_id: world.settings.phoneNumberId,
        calling: { ...told, ...(sip(number.calling) ? { sip: { status: sip(number.calling) } } : {}) },
      },
    });
  }
  return { success: true };
}

/** SIP servers get the id of the app that set them when they are read (§7). */
function shown(stored: World['state']['number']['calling']): Record<string, unknown> {
  const { sip } = stored as { sip?: { servers?: object[] } };
  if (sip?.servers === undefined) return stored;
  const servers = sip.servers.map((server) => ({ ...server, app_id: 100200300400500 }));
  return { ...stored, sip: { ...sip, servers } };
}

function restrictions(world: World): { restrictions?: unknown } {
  const { restriction } = world.state.number;
  if (!restriction || (restriction.until !== undefined && world.clock.now() >= restriction.until)) return {};
  const item = {
    type: restriction.type,
    reason: 'LOW_QUALITY',
    ...(restriction.until === undefined ? {} : { expiration: Math.ceil(restriction.until / 1000) }),
  };
  return { restrictions: { restrictions_list: [item] } };
}

function checkHours(hours: NonNullable<z.infer<typeof calling>['call_hours']>, now: number): void {
  const plain = (text: string) => text.replace(':', '');
  for (const day of days) {
    const ranges = hours.weekly_operating_hours
      .filter((range) => range.day_of_week === day)
      .map((range) => [plain(range.open_time), plain(range.close_time)] as const)
      .sort();
    if (ranges.length > 2) throw new GraphError(100, `call_hours: more than 2 entries for ${day}.`);
    for (const [index, [open, close]] of ranges.entries()) {
      if (open >= close) throw new GraphError(100, `call_hours: open_time must be before close_time on ${day}.`);
      const earlier = ranges[index - 1];
      if (earlier && open < earlier[1]) throw new GraphError(100, `call_hours: entries of ${day} overlap.`);
    }
  }
  // `sv-SE` writes dates as ISO 8601 does.
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: hours.timezone_id }).format(now);
  for (const holiday of hours.holiday_schedule ?? [])
    if (holiday.date < today) throw new GraphError(100, 'call_hours: a holiday lies in the past.');
  for (const holiday of hours.holiday_schedule ?? [])
    if (plain(holiday.start_time) >= plain(holiday.end_time))
      throw new GraphError(100, 'call_hours: start_time must be before end_time on a holiday.');
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
