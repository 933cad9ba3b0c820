import type {
  CallbackClaim,
  CallbackEnd,
  CallbackPage,
  CallbackQuery,
  CallbackRequest,
  NewCallback,
} from '../ledger/ledger.ts';
import { LedgerError } from '../ledger/ledger.ts';
import type { Contact } from '../permission/model.ts';
import type { ProviderEvent } from '../provider/event.ts';
import type { Desk } from './desk.ts';
import { told } from './patience.ts';

/** The list of people of this number who are to be called back. Everything throws LedgerError. */
export interface CallbackBook {
  /** A second wish of a person is the first one while that is open or claimed; a planned call is another one with another purpose or time. */
  addCallback(input: Omit<NewCallback, 'businessNumberId'>): Promise<{ callback: CallbackRequest; added: boolean }>;
  listCallbacks(query: Omit<CallbackQuery, 'businessNumberId'>): Promise<CallbackPage>;
  /** The next one that is due, for some time nobody else's; undefined if there is none. */
  claimCallback(claim: Omit<CallbackClaim, 'businessNumberId'>): Promise<CallbackRequest | undefined>;
  finishCallback(id: string, end: CallbackEnd): Promise<CallbackRequest>;
  /** Cancels all that a person has open or claimed. Returns the entries. @param note takes the place of theirs */
  cancelCallbacks(contact: Contact, note?: string): Promise<CallbackRequest[]>;
  /**
   * From now on a person who presses a button of a template, or writes, one of these words is put on the list.
   * @param owner for example a node's id: its second words take the place of the first
   */
  hearCallbacks(owner: string, words: readonly string[]): () => void;
}

export function callbackBook(desk: Desk): CallbackBook {
  const { ledger, businessNumber } = desk.deps;
  const businessNumberId = businessNumber.id;
  return {
    addCallback: (input) => ledger.addCallback({ ...input, businessNumberId }),
    listCallbacks: (query) => ledger.callbacks({ ...query, businessNumberId }),
    claimCallback: (claim) => ledger.claimCallback({ ...claim, businessNumberId }),
    finishCallback: (id, end) => ledger.finishCallback(id, end),
    cancelCallbacks: async (contact, note) => {
      const end = { state: 'cancelled' as const, ...(note !== undefined && { note }) };
      const cancelled: CallbackRequest[] = [];
      let after: string | undefined;
      do {
        const { entries, next } = await ledger.callbacks({ businessNumberId, contact, ...(after && { after }) });
        for (const { id, state } of entries) {
          if (state !== 'open' && state !== 'claimed') continue;
          const ended = await ledger.finishCallback(id, end);
          // Somebody else may have ended it just now.
          if (ended.state === 'cancelled') cancelled.push(ended);
        }
        after = next;
      } while (after !== undefined);
      return cancelled;
    },
    hearCallbacks: (owner, words) => {
      const own = new Set(words.map(plain).filter((word) => word !== ''));
      desk.callbackWords.set(owner, own);
      return () => {
        if (desk.callbackWords.get(owner) === own) desk.callbackWords.delete(owner);
      };
    },
  };
}

/**
 * A message that is a wish to be called back. The message's id makes one entry of it, however often it is delivered. Never throws:
 * @returns false if the store could not be written, so that the event's turn comes again with the next start
 */
export async function hearCallback(
  desk: Desk,
  event: Extract<ProviderEvent, { type: 'message.received' }>,
): Promise<boolean> {
  const { ledger, log } = desk.deps;
  const { text, payload, contact, messageId, businessNumberId } = event;
  const said = [payload, text].filter((one) => one !== undefined).map(plain);
  const wanted = [...desk.callbackWords.values()].some((words) => said.some((word) => words.has(word)));
  if (!wanted) return true;
  try {
    const source = payload === undefined ? 'message' : 'button';
    await ledger.addCallback({ businessNumberId, contact, source, key: messageId });
    return true;
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'do_not_call') return true;
    log('error', `A wish to be called back could not be written down: ${told(error)}`);
    return false;
  }
}

/** People write "Call me!" as they like: case, spaces and marks at the end do not count. */
function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/[.!?…\s]+$/u, '')
    .trim();
}
