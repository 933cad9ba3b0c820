import type { Contact, Instant } from '../../permission/model.ts';
import type {
  CallbackClaim,
  CallbackEnd,
  CallbackPage,
  CallbackQuery,
  CallbackRequest,
  NewCallback,
} from '../callback.ts';
import { dedupeKey } from '../dedupe-key.ts';
import { LedgerError } from '../ledger.ts';
import { newReservationId } from '../reservation-id.ts';
import { withNotes } from './call-notes.ts';
import { cancelCallback, release, writeCallbackAudit } from './callback-ends.ts';
import { conflicting, findOrMakePair, findPair, nameAgain } from './identity.ts';
import type { CallbackRow, CallRow } from './records.ts';
import type { Transaction } from './transaction.ts';

/** How long a claim holds, if the claimer does not say. */
const LEASE_SECONDS = 900;
/** Requests looked at by one operation. */
const PART = 500;
const PAGE = 100;
/** Requests of which the first that may be called back is claimed. */
const CANDIDATES = 20;

export function addCallback(tx: Transaction, input: NewCallback): { callback: CallbackRequest; added: boolean } {
  const { businessNumberId, contact, source, purpose, note } = input;
  const dueAt = input.dueAt === undefined ? undefined : Math.round(input.dueAt);
  const known = tx.records.findNumber(businessNumberId);
  const key = input.key === undefined ? undefined : dedupeKey(input.key);
  const meant =
    key === undefined || known === undefined ? undefined : tx.records.findCallbackByKey(known.numberId, key);
  if (meant !== undefined) return { callback: shown(tx, meant, businessNumberId), added: false };
  const number = known ?? tx.records.readNumber(businessNumberId);
  const found = findOrMakePair(tx, number.numberId, contact);
  if (found === 'conflict') throw conflicting();
  if (found.state.doNotCall !== undefined) throw optedOut();
  const pair = nameAgain(tx, found);
  const open = tx.records.openCallbacks(pair.pairId).find((row) => isSame(row, purpose, dueAt));
  if (open !== undefined) {
    if (key !== undefined) tx.records.writeCallbackKey(number.numberId, key, open);
    return { callback: shown(tx, open, businessNumberId), added: false };
  }
  const callback: CallbackRow = {
    callbackId: newReservationId(tx.now),
    numberId: number.numberId,
    pairId: pair.pairId,
    source,
    requestedAt: tx.now,
    state: 'open',
    attempts: 0,
    changedAt: tx.now,
    ...(purpose === undefined ? {} : { purpose }),
    ...(note === undefined ? {} : { note }),
    ...(dueAt === undefined ? {} : { dueAt }),
  };
  tx.records.writeCallback(callback);
  if (key !== undefined) tx.records.writeCallbackKey(number.numberId, key, callback);
  writeCallbackAudit(tx, 'callback_added', callback, pair, { source, ...(dueAt === undefined ? {} : { dueAt }) });
  return { callback: shown(tx, callback, businessNumberId), added: true };
}

/** A wish to be called back is one, whenever it is due; a planned call is another one with another purpose or time. */
function isSame(row: CallbackRow, purpose: string | undefined, dueAt: Instant | undefined): boolean {
  return row.purpose === purpose && (purpose === undefined || row.dueAt === dueAt);
}

/** A part of the list: perhaps fewer entries than asked for although there are more. */
export function callbacks(tx: Transaction, query: CallbackQuery): CallbackPage {
  const { businessNumberId, state, contact, after = '', limit = PAGE } = query;
  const number = tx.records.findNumber(businessNumberId);
  const pair = number === undefined || contact === undefined ? undefined : findPair(tx, number.numberId, contact);
  if (number === undefined || (contact !== undefined && (pair === undefined || pair === 'conflict'))) {
    return { entries: [] };
  }
  const { callbacks: rows, next } = tx.records.callbackPage({
    numberId: number.numberId,
    ...(pair === undefined || pair === 'conflict' ? {} : { pairId: pair.pairId }),
    // A claim that has lapsed is open again.
    ...(state === undefined ? {} : { states: state === 'open' ? ['open', 'claimed'] : [state] }),
    afterId: after,
    limit: PART,
  });
  const page: CallbackPage = { entries: [] };
  for (const row of rows) {
    const entry = shown(tx, row, businessNumberId);
    if (state !== undefined && entry.state !== state) continue;
    if (page.entries.length === limit) return { ...page, next: page.entries.at(-1)?.id ?? '' };
    page.entries.push(entry);
  }
  return next === undefined ? page : { ...page, next };
}

/** `again`: those looked at may not be called back any more; there may be others. */
export function claimCallback(tx: Transaction, claim: CallbackClaim): { callback?: CallbackRequest; again?: true } {
  const { businessNumberId, id, by, leaseSeconds = LEASE_SECONDS } = claim;
  const number = tx.records.findNumber(businessNumberId);
  if (number === undefined) return {};
  const rows =
    id === undefined ? tx.records.callbacksToClaim(number.numberId, CANDIDATES) : named(tx, number.numberId, id);
  for (const row of rows) {
    if (stateOf(row, tx.now) !== 'open') continue;
    const pair = tx.records.readPair(row.pairId);
    if (pair.state.doNotCall !== undefined) {
      cancelCallback(tx, row, pair);
      continue;
    }
    const claimed: CallbackRow = {
      ...row,
      state: 'claimed',
      claimedBy: by,
      claimedUntil: tx.now + Math.round(leaseSeconds * 1_000),
      attempts: row.attempts + 1,
      changedAt: tx.now,
    };
    tx.records.writeCallback(claimed);
    writeCallbackAudit(tx, 'callback_claimed', claimed, pair, { by, attempts: claimed.attempts });
    return { callback: shown(tx, claimed, businessNumberId) };
  }
  return rows.length === CANDIDATES ? { again: true } : {};
}

/** One entry that somebody wants, due or not, if nobody has it. */
function named(tx: Transaction, numberId: number, id: string): CallbackRow[] {
  const row = tx.records.findCallback(id);
  return row !== undefined && row.numberId === numberId ? [row] : [];
}

export function finishCallback(tx: Transaction, id: string, end: CallbackEnd): CallbackRequest {
  const row = tx.records.findCallback(id);
  if (row === undefined) throw unknown('callback request', 'addCallback or claimCallback');
  const call = end.callId === undefined ? undefined : tx.records.findCall(end.callId);
  if (end.callId !== undefined && call === undefined) throw unknown('call', 'reserveCall or claimCall');
  const pair = tx.records.readPair(row.pairId);
  const number = tx.records.numberIdOf(row.numberId);
  const isOver = row.state === 'done' || row.state === 'cancelled';
  if (isOver && (row.callId !== undefined || call === undefined || row.state === 'cancelled')) {
    return shown(tx, row, number);
  }
  const next: CallbackRow = { ...row, state: isOver ? row.state : end.state, changedAt: tx.now };
  if (end.note !== undefined) next.note = end.note;
  if (next.state === 'open') release(next);
  if (call !== undefined && next.state === 'done') answered(tx, next, call);
  tx.records.writeCallback(next);
  const event = next.state === 'open' ? 'callback_reopened' : `callback_${next.state}`;
  writeCallbackAudit(tx, event, next, pair, next.callId === undefined ? {} : { reservationId: next.callId });
  return shown(tx, next, number);
}

function answered(tx: Transaction, callback: CallbackRow, call: CallRow): void {
  callback.callId = call.reservationId;
  if (call.notes?.callbackId !== undefined) return;
  withNotes(call, { callbackId: callback.callbackId });
  tx.records.writeCall(call);
}

function stateOf(row: CallbackRow, now: Instant): CallbackRow['state'] {
  return row.state === 'claimed' && (row.claimedUntil ?? 0) <= now ? 'open' : row.state;
}

/** As people see it now. */
function shown(tx: Transaction, row: CallbackRow, businessNumberId: string): CallbackRequest {
  const { callbackId, numberId, pairId, changedAt, ...kept } = row;
  const contact: Contact = tx.records.readPair(pairId).contact;
  const entry: CallbackRequest = { id: callbackId, businessNumberId, contact, ...kept, state: stateOf(row, tx.now) };
  if (entry.state === 'open') {
    delete entry.claimedBy;
    delete entry.claimedUntil;
  }
  return entry;
}

function optedOut(): LedgerError {
  return new LedgerError(
    'do_not_call',
    'This person is on the do-not-call list, so no callback is noted for them.',
    'Write to them instead, or take them off the list if they ask to be called again.',
  );
}

function unknown(what: string, from: string): LedgerError {
  return new LedgerError(
    'bad_input',
    `There is no such ${what} in this permission store.`,
    `Give the id that ${from} returned, in the same store.`,
  );
}
