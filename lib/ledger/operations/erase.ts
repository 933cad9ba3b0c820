import { applyErasure } from '../../permission/apply-erasure.ts';
import type { Contact } from '../../permission/model.ts';
import { newPair } from '../../permission/pair-state.ts';
import type { ProviderEvent } from '../../provider/event.ts';
import { dedupeKey } from '../dedupe-key.ts';
import { type Effect, type Erasure, LedgerError } from '../ledger.ts';
import { isLive } from '../timings.ts';
import { fingerprint, isFingerprint } from './fingerprint.ts';
import { conflicting, findPair, namesOf } from './identity.ts';
import type { PairRow } from './records.ts';
import type { Transaction } from './transaction.ts';

/** A text as short as this stands anywhere, and says nothing about anybody. */
const LONG_ENOUGH = 8;

/** By this event of the audit, `verifyAudit` knows that details are missing rightly. */
export const ERASED_EVENT = 'person_erased';

/**
 * Forgets a person. The rows that count for a running window, and those of the audit, stay without anything that names them;
 * each of their names leaves a fingerprint, by which they are recognised.
 */
export function erase(tx: Transaction, businessNumberId: string, contact: Contact): Erasure {
  const number = tx.records.findNumber(businessNumberId);
  const pair = number === undefined ? undefined : findPair(tx, number.numberId, contact);
  if (pair === 'conflict') throw conflicting();
  if (number === undefined || pair === undefined) {
    return { known: false, auditRows: 0, requests: 0, calls: 0, keepsDoNotCall: false };
  }
  refuseWhileBusy(tx, pair);
  const pairs = [pair.pairId, ...tx.records.mergedInto(pair.pairId)];
  const names = forgetNames(tx, pair, pairs, contact);
  const ids = new Set<string>();
  const requests = forgetRequests(tx, pair, ids);
  const recordings: string[] = [];
  const calls = forgetCalls(tx, pair, ids, recordings);
  const callbacks = forgetCallbacks(tx, pairs, ids);
  forgetEvents(tx, businessNumberId, names);
  const auditRows = tx.records.eraseAudit(pairs);
  const state = applyErasure(pair.state, tx.now);
  for (const pairId of pairs) {
    tx.records.forgetPair(pairId);
    const row = tx.records.readPair(pairId);
    tx.records.writeState({ ...row, state: pairId === pair.pairId ? state : newPair() });
  }
  const erasure = {
    auditRows,
    requests,
    calls,
    ...(callbacks === 0 ? {} : { callbacks }),
    keepsDoNotCall: state.doNotCall !== undefined,
  };
  tx.records.writeAudit({
    event: ERASED_EVENT,
    detail: { pairs, ...erasure },
    numberId: pair.numberId,
    pair: tx.records.readPair(pair.pairId),
  });
  tx.forgot?.(names, ids);
  return { known: true, ...erasure, ...(recordings.length === 0 ? {} : { recordings }) };
}

/** What is under way will tell its end by these names. */
function refuseWhileBusy(tx: Transaction, { pairId }: PairRow): void {
  if (tx.records.callsOf(pairId, tx.now).some((call) => call.live && isLive(call, tx.now))) {
    throw new LedgerError(
      'call_in_progress',
      'This person cannot be erased while a call with them is going on.',
      'End the call first, then erase the person.',
    );
  }
  if (tx.records.reservedRequests(pairId).length > 0) {
    throw new LedgerError(
      'request_in_progress',
      'This person cannot be erased while a permission request to them is being sent.',
      'Erase the person in two minutes, when it is certain how the request went.',
    );
  }
}

/** Puts fingerprints in the place of names. Returns the names, for whatever else they may stand in. */
function forgetNames(tx: Transaction, pair: PairRow, pairs: readonly number[], asked: Contact): Set<string> {
  const names = new Set([...namesOf(asked), ...namesOf(pair.contact)]);
  for (const pairId of pairs) {
    for (const name of namesOf(tx.records.readPair(pairId).contact)) names.add(name);
  }
  for (const { name, proven } of tx.records.aliasesOf(pair.pairId)) {
    if (isFingerprint(name)) continue;
    names.add(name);
    tx.records.link(pair.numberId, fingerprint(tx, name), pair.pairId, proven);
    tx.records.unlink(pair.numberId, name);
  }
  return names;
}

/** A message id of the provider's contains the phone number. As a fingerprint it still joins a call to its request. */
function forgetRequests(tx: Transaction, { pairId }: PairRow, ids: Set<string>): number {
  const requests = tx.records.requestsOf(pairId);
  for (const { providerId, ...request } of requests) {
    note(ids, providerId);
    tx.records.forgetRequest({
      ...request,
      purpose: '',
      ...(providerId === undefined ? {} : { providerId: once(tx, providerId) }),
    });
  }
  return requests.length;
}

function forgetCalls(tx: Transaction, { pairId }: PairRow, ids: Set<string>, recordings: string[]): number {
  const calls = tx.records.everyCall(pairId);
  for (const { origin, callId, requestId, notes, ...call } of calls) {
    note(ids, callId);
    note(ids, requestId);
    for (const { file } of notes?.recordings ?? []) {
      recordings.push(file);
      note(ids, file);
    }
    tx.records.forgetCall({
      ...call,
      purpose: '',
      ...(requestId === undefined ? {} : { requestId: once(tx, requestId) }),
    });
  }
  return calls.length;
}

function forgetCallbacks(tx: Transaction, pairs: readonly number[], ids: Set<string>): number {
  const gone = pairs.flatMap((pairId) => tx.records.deleteCallbacks(pairId));
  for (const { note: text } of gone) if (text !== undefined && text.length >= LONG_ENOUGH) note(ids, text);
  return gone.length;
}

/** Events and effects that no flow has taken yet, and none shall. */
function forgetEvents(tx: Transaction, businessNumberId: string, names: ReadonlySet<string>): void {
  const theirs = (contact: Contact | undefined): boolean =>
    contact !== undefined && namesOf(contact).some((name) => names.has(name));
  const about = ({ event, effects }: { event: ProviderEvent; effects: readonly Effect[] }): boolean =>
    ('contact' in event && theirs(event.contact)) || effects.some((effect) => theirs(effect.contact));
  const events = tx.records.undispatched(businessNumberId).filter(about);
  tx.records.dispatched(events.map(({ event }) => dedupeKey(event.id)));
  const notices = tx.records.takeNotices();
  tx.records.insertNotices(
    notices.filter((effect) => effect.businessNumberId !== businessNumberId || !theirs(effect.contact)),
  );
}

function note(ids: Set<string>, id: string | undefined): void {
  if (id !== undefined && !isFingerprint(id)) ids.add(id);
}

function once(tx: Transaction, id: string): string {
  return isFingerprint(id) ? id : fingerprint(tx, id);
}
