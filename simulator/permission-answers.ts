import { newMessageId } from './ids.ts';
import { countContact, setPermission } from './pair-changes.ts';
import type { PermissionAnswer, Person } from './people.ts';
import { cardAnswerable, permissionNow } from './rules.ts';
import { SimulatorError } from './simulator-error.ts';
import type { RequestCard } from './state.ts';
import { permissionReplyValue, textValue } from './webhook-payload.ts';
import { chat, pairWith, type World } from './world.ts';

/**
 * The person answers a permission question, or changes an earlier answer while the question lives.
 *
 * @param requestId the question's message id; without it the newest question
 * @throws SimulatorError `request_unknown`, `request_expired`
 */
export function answerRequest(world: World, person: Person, answer: PermissionAnswer, requestId?: string): RequestCard {
  const pair = pairWith(world, person);
  const now = world.clock.now();
  const known = pair.requests.filter((request) => !request.failed);
  const card = requestId === undefined ? known.at(-1) : known.find((request) => request.id === requestId);
  if (!card)
    throw new SimulatorError(
      'request_unknown',
      'The business has not asked this person, or not with this question.',
      'Let the business send a permission request first; the chat shows its id.',
      404,
    );
  if (!cardAnswerable(card, now))
    throw new SimulatorError(
      'request_expired',
      'This question has expired: it is older than 7 days, or a newer one was answered.',
      'Answer the newest question, or change the permission in the business profile.',
      409,
    );
  for (const older of pair.requests.slice(0, pair.requests.indexOf(card))) older.replaced = true;
  card.answeredAt = now;
  card.answer = answer === 'reject' ? 'declined' : answer;
  change(world, person, answer, { automatic: false, contextId: card.id });
  return card;
}

/** The person opens the business profile and allows calls, or stops them. Neither refers to a question. */
export function changeProfile(world: World, person: Person, answer: 'permanent' | 'revoke'): void {
  change(world, person, answer === 'permanent' ? 'permanent' : 'reject', { automatic: false });
}

/** The permission ended after too many unanswered calls; the rules have taken it away already. */
export function automaticRevoke(world: World, person: Person): void {
  // A new grant in the second since then stands.
  if (permissionNow(pairWith(world, person), world.clock.now()).status !== 'no_permission') return;
  change(world, person, 'reject', { automatic: true });
}

/** The person called, and the business has `callback_permission_status` enabled. */
export function callbackGrant(world: World, person: Person, callId: string): void {
  if (permissionNow(pairWith(world, person), world.clock.now()).status === 'permanent') return;
  change(world, person, 'temporary', { automatic: true, contextId: callId });
}

/** The person writes to the business, which opens the service window. */
export function sendMessage(world: World, person: Person, text: string): string {
  const id = newMessageId();
  countContact(pairWith(world, person), world.clock.now());
  chat(world, person, { id, from: 'person', kind: 'text', text });
  world.sender.emit('messages', 'message', textValue(person, id, world.clock.seconds(), text));
  return id;
}

function change(
  world: World,
  person: Person,
  answer: PermissionAnswer,
  how: { automatic: boolean; contextId?: string },
): void {
  const pair = pairWith(world, person);
  const seconds = world.clock.seconds();
  setPermission(pair, answer, world.clock.now());
  const { expiresAt } = pair.permission;
  chat(world, person, { from: 'system', kind: 'permission_change', text: sentence(world, answer, how.automatic) });
  world.sender.emit(
    'messages',
    'permission',
    permissionReplyValue({
      person,
      businessNumber: world.state.number.businessNumber,
      id: newMessageId(),
      timestamp: seconds,
      reply: {
        response: answer === 'reject' ? 'reject' : 'accept',
        permanent: answer === 'permanent',
        automatic: how.automatic,
        ...(expiresAt === undefined ? {} : { expiresAt: expiresAt / 1000 }),
      },
      ...(how.contextId ? { contextId: how.contextId } : {}),
    }),
  );
}

function sentence(world: World, answer: PermissionAnswer, automatic: boolean): string {
  const name = world.businessName;
  if (answer === 'temporary')
    return automatic
      ? `${name} may call you back for the next 7 days.`
      : `You allowed ${name} to call you for the next 7 days.`;
  if (answer === 'permanent') return `You allowed ${name} to call you.`;
  return automatic
    ? `${name} can no longer call you, because you did not answer its calls.`
    : `You did not allow ${name} to call you.`;
}
