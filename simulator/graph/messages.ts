import { z } from 'zod';
import { TIMES } from '../call-script.ts';
import { newMessageId } from '../ids.ts';
import { countRequest } from '../pair-changes.ts';
import { makePerson, type Person } from '../people.ts';
import { answerRequest } from '../permission-answers.ts';
import { freeFormRefusal, notListed } from '../rules.ts';
import type { RequestCard } from '../state.ts';
import { judgeRequest } from '../verdict.ts';
import { messageStatusValue } from '../webhook-payload.ts';
import { addressed, addressee, chat, pairWith, type World } from '../world.ts';
import { ruled } from './errors.ts';
import { type GraphRequest, parameters, recipientId } from './request.ts';
import { renderTemplate } from './template-rendering.ts';

const OTHER_TYPES = ['image', 'audio', 'video', 'document', 'sticker', 'location', 'contacts', 'reaction'] as const;
const envelope = z.looseObject({
  messaging_product: z.literal('whatsapp'),
  recipient_type: z.literal('individual').optional(),
  to: z.string().optional(),
  recipient: z.string().optional(),
  type: z.enum(['text', 'interactive', 'template', ...OTHER_TYPES]).default('text'),
  biz_opaque_callback_data: z.string().max(512).optional(),
});
const textBody = z.looseObject({ text: z.looseObject({ body: z.string().min(1).max(4096) }) });
const interactiveBody = z.looseObject({
  interactive: z.looseObject({
    type: z.string(),
    body: z.looseObject({ text: z.string().min(1).max(1024) }).optional(),
  }),
});
const requestBody = z.looseObject({
  interactive: z.strictObject({
    type: z.literal('call_permission_request'),
    action: z.strictObject({ name: z.literal('call_permission_request') }),
    body: z.strictObject({ text: z.string().min(1).max(1024) }).optional(),
  }),
});
const readReceipt = z.looseObject({
  messaging_product: z.literal('whatsapp'),
  status: z.literal('read'),
  message_id: z.string(),
});

interface Outgoing {
  text: string;
  asksPermission: boolean;
  /** Free-form messages need an open service window; templates do not. */
  freeForm: boolean;
}

/** `POST /{phone number id}/messages` (meta-cloud-api.md §3): permission requests, text and templates. */
export function messages(world: World, request: GraphRequest): unknown {
  if ((request.body as { status?: unknown }).status !== undefined) {
    parameters(readReceipt, request.body, 131008);
    return { success: true };
  }
  const body = parameters(envelope, request.body, 131008);
  const id = recipientId(body.to, body.recipient);
  const outgoing = read(world, body.type, request.body);
  if (id === world.state.number.businessNumber) throw ruled(131021, 'The business cannot write to itself.');
  const person = addressee(world, id);
  judge(world, person, outgoing);
  const messageId = newMessageId();
  if (person?.onWhatsApp) deliver(world, person, messageId, outgoing);
  else fail(world, person ?? makePerson({ phone: id }), messageId, outgoing);
  return {
    messaging_product: 'whatsapp',
    contacts: [
      {
        input: body.to ?? body.recipient,
        ...(person?.hidePhone ? {} : { wa_id: person?.phone ?? id }),
        ...(person ? { user_id: person.userId } : {}),
        ...(person?.parentUserId ? { parent_user_id: person.parentUserId } : {}),
      },
    ],
    messages: [{ id: messageId, ...(body.type === 'template' ? { message_status: 'accepted' } : {}) }],
  };
}

/** What the message says, and whether it asks for permission. */
function read(world: World, type: string, body: unknown): Outgoing {
  if (type === 'text')
    return { text: parameters(textBody, body, 131008).text.body, asksPermission: false, freeForm: true };
  if (type === 'template') return { ...renderTemplate(world.state.number.templates, body), freeForm: false };
  if (type !== 'interactive') return { text: `[${type}]`, asksPermission: false, freeForm: true };
  const { interactive } = parameters(interactiveBody, body, 131008);
  if (interactive.type !== 'call_permission_request')
    return { text: interactive.body?.text ?? `[${interactive.type}]`, asksPermission: false, freeForm: true };
  const question = parameters(requestBody, body, 131008).interactive;
  return { text: question.body?.text ?? '', asksPermission: true, freeForm: true };
}

function judge(world: World, person: Person | undefined, message: Outgoing): void {
  const now = world.clock.now();
  const to = addressed(world, person);
  const [refusal] = message.asksPermission
    ? judgeRequest(to, message, now)
    : [
        to.number.testNumber && !to.person.allowListed ? notListed() : undefined,
        message.freeForm ? freeFormRefusal(to.pair, now) : undefined,
      ].filter((refusal) => refusal !== undefined);
  if (refusal) throw refusal;
}

function deliver(world: World, person: Person, id: string, message: Outgoing): void {
  const card = message.asksPermission ? ask(world, person, id) : undefined;
  chat(world, person, {
    id,
    from: 'business',
    kind: card ? 'permission_request' : 'text',
    text: message.text || `${world.businessName} would like to call you.`,
    ...(card ? { requestId: id } : {}),
  });
  const status = (name: string) =>
    world.sender.emit('messages', 'status', messageStatusValue(person, id, world.clock.seconds(), name));
  world.clock.after(TIMES.messageSent, () => status('sent'));
  if (person.script?.name === 'offline' && !world.hub.watches(person)) return;
  world.clock.after(TIMES.messageDelivered, () => {
    if (card) card.deliveredAt = world.clock.now();
    status('delivered');
  });
  world.clock.after(TIMES.messageRead, () => status('read'));
  const answer = person.permissionAnswer;
  if (card && answer)
    world.clock.after(TIMES.personReplies, () => {
      if (card.answer === undefined && !card.replaced) answerRequest(world, person, answer, id);
    });
}

/** Nobody on WhatsApp gets this message, as the business hears a moment later. */
function fail(world: World, person: Person, id: string, message: Outgoing): void {
  // Whether an undelivered request uses up the quota is not documented; counting it is the careful reading.
  if (message.asksPermission && world.state.people.includes(person)) ask(world, person, id).failed = true;
  const failure = { code: 131026 as const, details: 'Message undeliverable.' };
  world.clock.after(TIMES.messageSent, () =>
    world.sender.emit('messages', 'status', messageStatusValue(person, id, world.clock.seconds(), 'failed', failure)),
  );
}

function ask(world: World, person: Person, id: string): RequestCard {
  const card: RequestCard = { id, at: world.clock.now() };
  countRequest(pairWith(world, person), card);
  return card;
}
