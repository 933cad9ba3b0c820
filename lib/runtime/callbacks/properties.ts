import type { z } from 'zod';
import type { CallbackRequest } from '../../ledger/ledger.ts';
import { number, oneOf, text } from '../node-config.ts';
import { ownProperty } from '../own-property.ts';
import { asText } from '../property.ts';
import { ReportableError } from '../reportable-error.ts';

/**
 * What the callbacks node can do. `retry`: the try failed, somebody is to claim it again. `cancelAll`: everything of one person,
 * an action of its own so that a message that has lost its entry never does it.
 */
export const ACTIONS = ['add', 'list', 'claim', 'done', 'retry', 'cancel', 'cancelAll'] as const;
export type Action = (typeof ACTIONS)[number];
const STATES = ['open', 'claimed', 'done', 'cancelled'] as const satisfies CallbackRequest['state'][];

/** Properties of the callbacks node. */
export const SHAPE = {
  action: oneOf([...ACTIONS, 'message']),
  contact: text('contact'),
  contactType: text('msg'),
  purpose: text('purpose'),
  purposeType: text('msg'),
  note: text('note'),
  noteType: text('msg'),
  due: text('due'),
  dueType: text('msg'),
  callback: text('callback'),
  callbackType: text('msg'),
  state: oneOf(['open', 'claimed', 'done', 'cancelled', 'any']),
  limit: number(100, { min: 1, max: 1_000 }),
  leaseSeconds: number(900, { min: 30, max: 86_400 }),
  words: text().refine((value) => value.length <= 2_000, 'at most 2,000 characters'),
};
export type CallbackSettings = z.infer<z.ZodObject<typeof SHAPE>>;
/** Properties that may lie in the message or elsewhere. */
export type Located = 'contact' | 'purpose' | 'note' | 'due' | 'callback';

/** The state that a list is about; undefined for all. */
export function readState({ state }: CallbackSettings): CallbackRequest['state'] | undefined {
  return STATES.find((one) => one === state);
}

/**
 * The id of an entry: the id itself, or a whole `msg.callback`.
 *
 * @throws ReportableError `callback_missing`
 */
export function readCallbackId(value: unknown): string {
  const id = callbackIdIn(value);
  if (id !== undefined) return id;
  throw new ReportableError(
    'callback_missing',
    'The message names no callback request. Pass msg.callback on from the action "claim", or set "Entry" to where its id is.',
  );
}

/** The same where it may be missing. */
export function callbackIdIn(value: unknown): string | undefined {
  const id = asText(typeof value === 'object' && value !== null && 'id' in value ? value.id : value);
  return id === '' ? undefined : id;
}

/** A note of a flow. @throws ReportableError `note_invalid` */
export function readNote(value: unknown): string | undefined {
  const note = asText(value);
  if (note.length > 1_000) {
    throw new ReportableError('note_invalid', 'The note (msg.note) may have at most 1,000 characters.');
  }
  return note === '' ? undefined : note;
}

/** What a planned call is for. @throws ReportableError `purpose_invalid` */
export function readPurpose(value: unknown): string | undefined {
  const purpose = asText(value);
  if (purpose.length > 1_000) {
    throw new ReportableError('purpose_invalid', 'The purpose (msg.purpose) may have at most 1,000 characters.');
  }
  return purpose === '' ? undefined : purpose;
}

/** Where a list goes on. @throws ReportableError `next_invalid` */
export function readNext(msg: object): string | undefined {
  const value = ownProperty(msg, 'next');
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' && value.length <= 200) return value;
  throw new ReportableError(
    'next_invalid',
    'msg.next is not what a list of this node gave. Pass it on unchanged, or delete it to begin at the first page.',
  );
}

/** Words by which people ask to be called back: one per line, or with commas. */
export function readWords({ words }: CallbackSettings): string[] {
  return words
    .split(/[\n,;]/)
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
