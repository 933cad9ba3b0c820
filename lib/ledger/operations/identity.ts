import { mergePairs } from '../../permission/apply.ts';
import type { Contact } from '../../permission/model.ts';
import { reasonFor } from '../../permission/reason-text.ts';
import { LedgerError } from '../ledger.ts';
import { cancelCallbacks } from './callback-ends.ts';
import { isNameless, knownFingerprint } from './fingerprint.ts';
import type { PairRow } from './records.ts';
import type { Transaction } from './transaction.ts';

/** The names under which a person is found: phone, user id, parent id. Scoped to the business number, as user ids are. */
export function namesOf(contact: Contact): string[] {
  const names: string[] = [];
  if (contact.userId !== undefined) names.push(`u${contact.userId}`);
  if (contact.parentUserId !== undefined) names.push(`e${contact.parentUserId}`);
  if (contact.phone !== undefined) names.push(`p${contact.phone}`);
  return names;
}

interface Alias {
  name: string;
  pairId: number;
  proven: boolean;
  /** Known by its fingerprint alone. */
  nameless?: true;
}

function lookUp(tx: Transaction, numberId: number, contact: Contact): Alias[] {
  const found: Alias[] = [];
  for (const name of namesOf(contact)) {
    const alias = tx.records.findAlias(numberId, name);
    if (alias !== undefined) {
      found.push({ name, ...alias });
      continue;
    }
    const print = knownFingerprint(tx, name);
    const erased = print === undefined ? undefined : tx.records.findAlias(numberId, print);
    if (erased !== undefined) found.push({ name, ...erased, nameless: true });
  }
  return found;
}

/**
 * Finds the pair of a contact that a flow named, without learning from it: that a phone number and a user id belong
 * together is only believed if the provider says so. `'conflict'`: the given names belong to two known people.
 */
export function findPair(tx: Transaction, numberId: number, contact: Contact): PairRow | 'conflict' | undefined {
  const pairIds = new Set(lookUp(tx, numberId, contact).map((alias) => alias.pairId));
  if (pairIds.size > 1) return 'conflict';
  const [pairId] = pairIds;
  if (pairId === undefined) return undefined;
  const pair = tx.records.readPair(pairId);
  // What is answered about an erased person is answered by the name that was asked for; none is stored.
  return isNameless(pair.contact) ? { ...pair, contact: { ...contact }, nameless: true } : pair;
}

/** An erased person is asked or called again, which stores their names again: without them nobody could be told how it went. */
export function nameAgain(tx: Transaction, pair: PairRow): PairRow {
  if (pair.nameless === undefined) return pair;
  const { nameless, ...named } = pair;
  tx.records.writeContact(named);
  const names = namesOf(named.contact);
  for (const name of names) {
    if (tx.records.findAlias(named.numberId, name) === undefined) {
      tx.records.link(named.numberId, name, named.pairId, names.length === 1);
    }
  }
  return named;
}

/** Like `findPair`, and makes the pair if nobody is known by any of the names. */
export function findOrMakePair(tx: Transaction, numberId: number, contact: Contact): PairRow | 'conflict' {
  const found = findPair(tx, numberId, contact);
  if (found !== undefined) return found;
  const pair = tx.records.insertPair(numberId, contact);
  // Several names of a flow lead to one row, so that limits hold whichever is used next; a webhook may part them. A single
  // name claims nothing.
  const names = namesOf(contact);
  for (const name of names) tx.records.link(numberId, name, pair.pairId, names.length === 1);
  return pair;
}

/**
 * Finds the pair of a contact that the provider named, and learns: new names are added, and rows that turn out to be one
 * person are merged.
 *
 * @param known the pair that this news belongs to for another reason (its call or request), whose names these must be
 */
export function learnPair(tx: Transaction, numberId: number, contact: Contact, known?: PairRow): PairRow {
  const names = namesOf(contact);
  const aliases = lookUp(tx, numberId, contact);
  const candidates: number[] = [];
  if (known !== undefined) candidates.push(known.pairId);
  for (const alias of aliases) {
    // A link that only a flow had claimed gives way to what the provider says, if there is something better to hold on to.
    if ((alias.proven || aliases.length === 1) && !candidates.includes(alias.pairId)) candidates.push(alias.pairId);
  }
  if (candidates.length === 0 && aliases[0] !== undefined) candidates.push(aliases[0].pairId);
  const same: PairRow[] = [];
  const others: PairRow[] = [];
  for (const id of candidates) {
    const pair = tx.records.readPair(id);
    (contradicts(tx, pair, contact) ? others : same).push(pair);
  }
  let [pair] = same;
  if (pair === undefined) pair = tx.records.insertPair(numberId, contact);
  for (const other of same.slice(1)) pair = merge(tx, pair, other);
  for (const other of others) {
    carryOptOut(tx, other, pair);
    giveUpNames(tx, other, contact);
  }
  let changed = false;
  for (const name of names) {
    const alias = aliases.find((candidate) => candidate.name === name);
    if (alias?.proven === true && alias.pairId === pair.pairId && alias.nameless === undefined) continue;
    tx.records.link(numberId, name, pair.pairId, true);
    changed = true;
  }
  const merged = { ...pair.contact, ...contact };
  if (changed || !sameContact(merged, pair.contact)) {
    pair = { ...pair, contact: merged };
    tx.records.writeContact(pair);
  }
  return pair;
}

/**
 * A person has one user id per business. A phone number that comes with another one than before was given to somebody
 * else, or its owner registered anew: what was permitted to the old identity is not permitted to the new one.
 */
function contradicts(tx: Transaction, pair: PairRow, contact: Contact): boolean {
  const { userId } = pair.contact;
  if (userId === undefined || contact.userId === undefined || userId === contact.userId) return false;
  return tx.records.findAlias(pair.numberId, `u${userId}`)?.proven === true;
}

/** An opt-out was given by phone number as well: it goes with the number, in doubt. */
function carryOptOut(tx: Transaction, from: PairRow, to: PairRow): void {
  if (from.state.doNotCall !== undefined && to.state.doNotCall === undefined) {
    to.state = { ...to.state, doNotCall: from.state.doNotCall };
    tx.records.writeState(to);
    cancelCallbacks(tx, to);
  }
  tx.records.writeAudit({
    event: 'identity_changed',
    detail: { from: from.pairId, to: to.pairId },
    numberId: to.numberId,
    pair: to,
  });
}

/** A phone number that belongs to somebody else now is not how to reach its former owner. */
function giveUpNames(tx: Transaction, from: PairRow, contact: Contact): void {
  const { phone, ...rest } = from.contact;
  if (phone === undefined || phone !== contact.phone) return;
  tx.records.writeContact({ ...from, contact: rest });
}

function merge(tx: Transaction, a: PairRow, b: PairRow): PairRow {
  const [kept, gone] = a.pairId < b.pairId ? [a, b] : [b, a];
  const state = mergePairs(kept.state, gone.state);
  tx.records.absorb(kept.pairId, gone.pairId);
  state.unanswered = tx.records.unansweredCalls(kept.pairId, state.streakFrom ?? 0).length;
  const pair: PairRow = { ...kept, contact: { ...gone.contact, ...kept.contact }, state };
  tx.records.writeState(pair);
  tx.records.writeContact(pair);
  tx.records.writeAudit({
    event: 'identities_merged',
    detail: { merged: gone.pairId, into: kept.pairId },
    numberId: pair.numberId,
    pair,
  });
  if (state.doNotCall !== undefined) cancelCallbacks(tx, pair);
  return pair;
}

/** Two names that belong to two people known here. */
export function conflicting(): LedgerError {
  const { text } = reasonFor('contact_invalid', {
    why: 'its phone number and its user id belong to two different people known here.',
  });
  return new LedgerError('bad_input', text, 'Give only one of the two.');
}

function sameContact(a: Contact, b: Contact): boolean {
  return (
    a.phone === b.phone &&
    a.userId === b.userId &&
    a.parentUserId === b.parentUserId &&
    a.name === b.name &&
    a.language === b.language &&
    a.timeZone === b.timeZone
  );
}
