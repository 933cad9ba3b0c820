import type { CallbackRequest } from '../../ledger/ledger.ts';
import { LedgerError } from '../../ledger/ledger.ts';
import type { Switchboard } from '../../switchboard/switchboard.ts';
import { readContact } from '../contact-input.ts';
import { readInstant } from '../instant-input.ts';
import { callbackMessage, contactMessage, type ReasonMessage, reasonMessage } from '../messages.ts';
import { ownProperty } from '../own-property.ts';
import type { Look } from '../status.ts';
import {
  type Action,
  type CallbackSettings,
  callbackIdIn,
  type Located,
  readCallbackId,
  readNext,
  readNote,
  readPurpose,
  readState,
} from './properties.ts';

/** One message at the callbacks node, and what is needed to answer it. */
export interface Asking {
  settings: CallbackSettings;
  msg: object;
  /** Who claims: the node. */
  by: string;
  look(name: Located): Promise<unknown>;
  switchboard: Switchboard;
}

/** Which output, what the message gets and loses, and what the node shows. */
export interface Answer {
  to: 'result' | 'nothing';
  set: Record<string, unknown>;
  drop?: string[];
  show: { look: Look; key: string; count?: number };
}

const NOTHING_DUE: ReasonMessage = {
  code: 'nothing_due',
  text: 'Nobody is waiting to be called back now.',
  nextStep: 'Ask again later.',
};
export const ANSWERS: Record<Action, (asking: Asking) => Promise<Answer>> = {
  async add({ switchboard, look }) {
    const who = readContact(await look('contact'));
    if ('reason' in who) return nothing(reasonMessage(who.reason));
    const purpose = readPurpose(await look('purpose'));
    const note = readNote(await look('note'));
    const dueAt = readInstant(await look('due'), 'time of the callback');
    const wish = {
      ...{ contact: who.contact, source: 'flow' as const },
      ...(purpose !== undefined && { purpose }),
      ...(note !== undefined && { note }),
    };
    const added = await switchboard
      .addCallback({ ...wish, ...(dueAt !== undefined && { dueAt }) })
      .catch((error: unknown) => refusal(error, 'do_not_call'));
    if ('code' in added) return nothing(added);
    const answer = entry(added.callback, added.added ? 'added' : 'known');
    return { ...answer, set: { ...answer.set, added: added.added } };
  },
  async list({ switchboard, settings, msg, look }) {
    const about = await look('contact');
    const who = about === undefined || about === null || about === '' ? undefined : readContact(about);
    if (who !== undefined && 'reason' in who) return nothing(reasonMessage(who.reason));
    const state = readState(settings);
    const after = readNext(msg);
    const page = await switchboard.listCallbacks({
      limit: settings.limit,
      ...(state !== undefined && { state }),
      ...(who !== undefined && { contact: who.contact }),
      ...(after !== undefined && { after }),
    });
    const { entries, next } = page;
    return {
      to: 'result',
      set: { payload: entries.map(callbackMessage), ...(next !== undefined && { next }) },
      drop: next === undefined ? ['next'] : [],
      show: { look: 'idle', key: 'entries', count: entries.length },
    };
  },
  async claim({ switchboard, settings, by, look }) {
    const id = callbackIdIn(await look('callback'));
    const { leaseSeconds } = settings;
    const claimed = await switchboard.claimCallback({ by, leaseSeconds, ...(id !== undefined && { id }) });
    return claimed === undefined ? nothing(NOTHING_DUE) : entry(claimed, 'claimed');
  },
  done: (asking) => finish(asking, 'done', 'done'),
  retry: (asking) => finish(asking, 'open', 'retry'),
  cancel: (asking) => finish(asking, 'cancelled', 'cancelled'),
  async cancelAll({ switchboard, look }) {
    const who = readContact(await look('contact'));
    if ('reason' in who) return nothing(reasonMessage(who.reason));
    const note = readNote(await look('note'));
    const cancelled = await switchboard.cancelCallbacks(who.contact, note);
    return {
      to: 'result',
      set: { payload: cancelled.map(callbackMessage) },
      show: { look: 'idle', key: 'cancelledAll', count: cancelled.length },
    };
  },
};

async function finish(
  { switchboard, look, msg }: Asking,
  state: 'done' | 'open' | 'cancelled',
  key: string,
): Promise<Answer> {
  const id = readCallbackId(await look('callback'));
  const note = readNote(await look('note'));
  const callId = state === 'done' ? callIdIn(msg) : undefined;
  const finished = await switchboard
    .finishCallback(id, { state, ...(note !== undefined && { note }), ...(callId !== undefined && { callId }) })
    .catch((error: unknown) => refusal(error, 'bad_input'));
  return 'code' in finished ? nothing(finished) : entry(finished, key);
}

/** The call that answered it, if the message comes from one. */
function callIdIn(msg: object): string | undefined {
  const call = ownProperty(msg, 'call');
  const id = typeof call === 'object' && call !== null && 'id' in call ? call.id : undefined;
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function entry(callback: CallbackRequest, key: string): Answer {
  const told = callbackMessage(callback);
  return {
    to: 'result',
    set: {
      payload: told,
      callback: told,
      contact: contactMessage(callback.contact),
      // For the node that calls; without one of its own the message's purpose stays.
      ...(callback.purpose !== undefined && { purpose: callback.purpose }),
    },
    show: { look: key === 'claimed' ? 'connected' : 'idle', key },
  };
}

function nothing(reason: ReasonMessage): Answer {
  return {
    to: 'nothing',
    set: { reason },
    show: { look: 'waiting', key: reason === NOTHING_DUE ? 'nothing' : 'refused' },
  };
}

/** What the store says no to is a refusal; that it cannot be asked is a fault. */
function refusal(error: unknown, code: string): ReasonMessage {
  if (!(error instanceof LedgerError) || error.code !== code) throw error;
  return { code: code === 'bad_input' ? 'callback_unknown' : code, text: error.message, nextStep: error.nextStep };
}
