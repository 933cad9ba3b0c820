import { z } from 'zod';
import type { Call } from '../call.ts';
import { numberRefusal, uncallable } from '../rules.ts';
import { checkSdp } from '../sdp-check.ts';
import { judgeCall } from '../verdict.ts';
import { addressed, addressee, countryOfNumber, type World } from '../world.ts';
import { GraphError, ruled } from './errors.ts';
import { type GraphRequest, parameters, recipientId } from './request.ts';

const LANGUAGES = 'en en_US en_AU en_CA en_GB en_IN en_NZ nl fr de hi it kn pt es es_ES te vi'.split(' ');

const session = z.strictObject({ sdp_type: z.string(), sdp: z.string().min(1).max(65_536) });
const consent = z
  .strictObject({
    status: z.enum(['ENABLED', 'DISABLED']),
    purpose: z.string().max(250).optional(),
    announcement_language: z.enum(LANGUAGES as [string, ...string[]]).optional(),
  })
  .refine((value) => value.status === 'DISABLED' || (value.purpose && value.announcement_language), {
    message: 'purpose and announcement_language are required when ENABLED',
  });
type Consent = z.infer<typeof consent>;
const common = { messaging_product: z.literal('whatsapp') };
const opaque = z.string().max(512).optional();
const bodies = {
  connect: z.strictObject({
    ...common,
    action: z.literal('connect'),
    to: z.string().optional(),
    recipient: z.string().optional(),
    session,
    biz_opaque_callback_data: opaque,
    recording: consent.optional(),
    transcription: consent.optional(),
    messaging_account_id: z.string().optional(),
  }),
  pre_accept: z.strictObject({ ...common, action: z.literal('pre_accept'), call_id: z.string(), session }),
  accept: z.strictObject({
    ...common,
    action: z.literal('accept'),
    call_id: z.string(),
    session,
    biz_opaque_callback_data: opaque,
    recording: consent.optional(),
    transcription: consent.optional(),
  }),
  reject: z.strictObject({ ...common, action: z.literal('reject'), call_id: z.string() }),
  terminate: z.strictObject({ ...common, action: z.literal('terminate'), call_id: z.string() }),
};
const anyAction = z.looseObject({ action: z.enum(['connect', 'pre_accept', 'accept', 'reject', 'terminate']) });

const DONE = { messaging_product: 'whatsapp', success: true };

/** `POST /{phone number id}/calls` (meta-cloud-api.md §1). */
export async function calls(world: World, request: GraphRequest): Promise<unknown> {
  const { action } = parameters(anyAction, request.body);
  const { number } = world.state;
  const sip = number.calling.sip as { status?: string } | undefined;
  if (sip?.status === 'ENABLED')
    throw ruled(131055, 'Calls through the Graph API are not allowed while SIP is enabled.');
  if (action === 'connect') return connect(world, request);

  const body = parameters(bodies[action] as z.ZodType<z.infer<(typeof bodies)['accept']>>, request.body);
  const call = world.calls.find(body.call_id);
  if (!call) throw new GraphError(100, 'Call ID not found. Check the call_id parameter.');
  if (call.state === 'ended') throw new GraphError(100, 'The call has been terminated already.');
  if (action === 'terminate') world.calls.hangUp(call, 'business');
  else respond(world, request, call, action, body);
  return DONE;
}

async function connect(world: World, request: GraphRequest): Promise<unknown> {
  const body = parameters(bodies.connect, request.body);
  if (body.session.sdp_type !== 'offer')
    throw new GraphError(100, 'Parameter session.sdp_type must be offer on connect.', { rule: true });
  const id = recipientId(body.to, body.recipient);
  const { state } = world;
  const now = world.clock.now();
  const refusal = numberRefusal(state.number, countryOfNumber(state.number), now);
  if (refusal) throw refusal;
  if (id === state.number.businessNumber) throw ruled(131021, 'The business cannot call itself.');
  request.warnings.push(...checkSdp(body.session.sdp, additionalCodecs(world)));
  const person = addressee(world, id);
  const live = {
    pair: person !== undefined && world.calls.liveWith(person) !== undefined,
    number: world.calls.liveCalls().length,
  };
  const [forbidden] = judgeCall(addressed(world, person), live, now);
  if (forbidden || !person) throw forbidden ?? uncallable();
  const call = await world.calls.place(person, body.session.sdp, body.biz_opaque_callback_data);
  want(call, body);
  return { messaging_product: 'whatsapp', calls: [{ id: call.id }] };
}

/** The business's answer to a person's call. */
function respond(
  world: World,
  request: GraphRequest,
  call: Call,
  action: 'pre_accept' | 'accept' | 'reject',
  body: {
    session: z.infer<typeof session>;
    biz_opaque_callback_data?: string | undefined;
    recording?: Consent | undefined;
    transcription?: Consent | undefined;
  },
): void {
  if (call.direction !== 'USER_INITIATED')
    throw new GraphError(100, `The action ${action} is for calls that the user started.`);
  if (call.state === 'in_call') throw new GraphError(100, 'The call is in progress already.');
  if (action === 'reject') {
    world.calls.decline(call);
    return;
  }
  if (body.session.sdp_type !== 'answer')
    throw new GraphError(100, `Parameter session.sdp_type must be answer on ${action}.`, { rule: true });
  request.warnings.push(...checkSdp(body.session.sdp, additionalCodecs(world)));
  if (/^a=setup:passive\s*$/m.test(body.session.sdp))
    request.warnings.push(
      'setup:passive: WhatsApp does not begin DTLS on calls that it offers; the call stays silent.',
    );
  if (call.preAccepted !== undefined && call.preAccepted !== body.session.sdp)
    throw new GraphError(100, 'The SDP of accept differs from that of pre_accept.', { rule: true });
  world.calls.takeAnswer(call, body.session.sdp);
  call.preAccepted = body.session.sdp;
  if (action === 'pre_accept') return;
  if (body.biz_opaque_callback_data !== undefined) call.opaque = body.biz_opaque_callback_data;
  want(call, body);
  world.calls.pickUp(call);
}

/** Recording and transcription are told to the person by WhatsApp, at the beginning of the call. */
function want(
  call: Call,
  { recording, transcription }: { recording?: Consent | undefined; transcription?: Consent | undefined },
): void {
  const captures = { recording: recording?.status === 'ENABLED', transcription: transcription?.status === 'ENABLED' };
  if (captures.recording || captures.transcription) call.captures = captures;
}

function additionalCodecs(world: World): string[] {
  const audio = world.state.number.calling.audio as { additional_codecs?: string[] } | undefined;
  return audio?.additional_codecs ?? [];
}
