import type { ProviderEvent } from '../event.ts';
import { readInstant } from '../instant.ts';
import { joinContact } from './contact.ts';
import { type Item, isItem, readErrors, readId, readText, type Surroundings } from './payload.ts';

/** What a person can send; these open the service window. Others (system notices and what is to come) are kept raw. */
const WRITTEN_BY_PEOPLE = new Set([
  'text',
  'button',
  'interactive',
  'image',
  'audio',
  'video',
  'document',
  'sticker',
  'location',
  'contacts',
  'reaction',
  'order',
  'unsupported',
]);

/** An item of `messages[]`: an answer to a permission request, a change in the business profile, or an ordinary message. */
export function messageEvent(item: Item, around: Surroundings): ProviderEvent | undefined {
  const messageId = readId(item.id);
  const contact = joinContact(
    { phone: item.from, userId: item.from_user_id, parentUserId: item.from_parent_user_id },
    around.contacts,
    around.only,
  );
  if (messageId === undefined || !contact) return undefined;
  const at = readInstant(item.timestamp);
  const base = {
    id: `message:${messageId}`,
    at: at ?? around.at,
    businessNumberId: around.businessNumberId,
    contact,
  };
  const interactive = isItem(item.interactive) ? item.interactive : {};
  if (isItem(interactive.call_permission_reply)) {
    const reply = readReply(interactive.call_permission_reply, at !== undefined);
    if (!reply) return undefined;
    // `context.from` names the business or the person, depending on the sender; only the id is of use.
    const contextId = isItem(item.context) ? readId(item.context.id) : undefined;
    return { ...base, type: 'permission.replied', ...reply, ...(contextId !== undefined ? { contextId } : {}) };
  }
  const type = readText(item.type)?.toLowerCase() ?? (isItem(item.text) ? 'text' : '');
  // A voicemail is an audio message under the id of the missed call: no message, and no answer of any kind.
  if (!WRITTEN_BY_PEOPLE.has(type) || messageId.startsWith('wacid.')) return undefined;
  // A permission reply without its content is not an ordinary message.
  if (readText(interactive.type) === 'call_permission_reply') return undefined;
  const { text, payload } = readContent(item, interactive, type);
  return {
    ...base,
    type: 'message.received',
    messageId,
    ...(text !== undefined ? { text } : {}),
    ...(payload !== undefined ? { payload } : {}),
  };
}

/**
 * Strict where it would permit: an acceptance without a readable time cannot be ordered against a revocation, and one
 * that names an expiry is temporary whatever else it says.
 */
function readReply(reply: Item, hasTime: boolean) {
  const response = readText(reply.response)?.toLowerCase();
  if (response !== 'accept' && response !== 'reject') return undefined;
  if (response === 'accept' && !hasTime) return undefined;
  const source = readText(reply.response_source)?.toLowerCase() === 'automatic' ? 'automatic' : 'user_action';
  if (response === 'reject') return { response, permanent: false, source } as const;
  const expiresAt = readInstant(reply.expiration_timestamp);
  const permanent = (reply.is_permanent === true || reply.is_permanent === 'true') && expiresAt === undefined;
  return { response, permanent, ...(expiresAt !== undefined ? { expiresAt } : {}), source } as const;
}

/** Message statuses: sent, delivered, read, failed. */
export function messageStatusEvent(item: Item, around: Surroundings): ProviderEvent | undefined {
  const messageId = readId(item.id);
  const status = readText(item.status)?.slice(0, 64).toLowerCase();
  if (messageId === undefined || status === undefined) return undefined;
  const contact = joinContact(
    { phone: item.recipient_id, userId: item.recipient_user_id, parentUserId: item.recipient_parent_user_id },
    around.contacts,
    around.only,
  );
  const errors = readErrors(item.errors);
  return {
    id: `status:${messageId}:${status}`,
    at: readInstant(item.timestamp) ?? around.at,
    businessNumberId: around.businessNumberId,
    type: 'message.status',
    messageId,
    status,
    ...(contact ? { contact } : {}),
    errors: around.only ? [...errors, ...around.valueErrors] : errors,
  };
}

/** Text is what the person wrote or pressed; payload is what the business had put behind the button. */
function readContent(item: Item, interactive: Item, type: string): { text?: string; payload?: string } {
  const pick = (text: unknown, payload?: unknown) => {
    const words = readText(text);
    const data = readText(payload);
    return { ...(words !== undefined ? { text: words } : {}), ...(data !== undefined ? { payload: data } : {}) };
  };
  if (type === 'button' && isItem(item.button)) return pick(item.button.text, item.button.payload);
  if (type === 'interactive') {
    const answer = [interactive.button_reply, interactive.list_reply].find(isItem);
    return answer ? pick(answer.title, answer.id) : {};
  }
  const content = item[type];
  if (!isItem(content)) return {};
  return pick(type === 'text' ? content.body : type === 'reaction' ? content.emoji : content.caption);
}
