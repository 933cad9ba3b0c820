import { applyDoNotCall } from '../../permission/apply.ts';
import { applyConfirmation } from '../../permission/apply-opt-out.ts';
import { ContactError, parseContact } from '../../permission/contact.ts';
import type { Contact, Reason } from '../../permission/model.ts';
import type { OptOutMatch } from '../../permission/opt-out.ts';
import { viewPermission } from '../../permission/permission-view.ts';
import { reasonFor } from '../../permission/reason-text.ts';
import type { DoNotCallImport, DoNotCallPage, Effect, OptedOut } from '../ledger.ts';
import { cancelCallbacks } from './callback-ends.ts';
import { isNameless } from './fingerprint.ts';
import { conflicting, findOrMakePair, findPair } from './identity.ts';
import type { PairRow } from './records.ts';
import type { Transaction } from './transaction.ts';
import { commitTransition } from './transition.ts';

/** How the person said it, for the audit and for the confirmation. */
export interface Said {
  source: string;
  match?: OptOutMatch;
  messageId?: string;
}

/** Puts a pair on the list in this transaction. The effect names everything of the pair that must not go on. */
export function optOut(tx: Transaction, pair: PairRow, businessNumberId: string, said: Said): OptedOut {
  const { source, match, messageId } = said;
  const first = pair.state.doNotCall === undefined;
  commitTransition(
    tx,
    pair,
    businessNumberId,
    applyDoNotCall(pair.state, { listed: true, source }, tx.profile, tx.now),
    {
      ...(match === undefined ? {} : { phrase: match.phrase }),
      ...(messageId === undefined ? {} : { messageId }),
    },
  );
  cancelCallbacks(tx, pair);
  const effect: OptedOut = {
    kind: 'opted_out',
    businessNumberId,
    contact: pair.contact,
    permission: viewPermission(pair.state.permission, tx.profile, tx.now, pair.state.doNotCall),
    source,
    first,
    calls: tx.records.liveCalls(pair.pairId),
    requests: tx.records.reservedRequests(pair.pairId),
  };
  if (match?.language !== undefined) effect.language = match.language;
  return effect;
}

export function doNotCall(
  tx: Transaction,
  businessNumberId: string,
  contact: Contact,
  entry: { listed: boolean; source: string },
): Effect[] {
  const number = tx.records.readNumber(businessNumberId);
  const pair = findOrMakePair(tx, number.numberId, contact);
  if (pair === 'conflict') throw conflicting();
  if (entry.listed) return [optOut(tx, pair, businessNumberId, { source: entry.source })];
  commitTransition(tx, pair, businessNumberId, applyDoNotCall(pair.state, entry, tx.profile, tx.now));
  return [];
}

/** One part of an import: contacts as they came, with the line on which the first of them stands. */
export function importDoNotCall(
  tx: Transaction,
  businessNumberId: string,
  part: { line: number; input: unknown }[],
  options: { source: string; defaultCountry?: string },
): DoNotCallImport {
  const number = tx.records.readNumber(businessNumberId);
  const result: DoNotCallImport = { listed: 0, already: 0, bad: [], effects: [] };
  for (const { line, input } of part) {
    try {
      const contact = parseContact(input, options.defaultCountry);
      for (const pair of everyPair(tx, number.numberId, contact)) {
        if (pair.state.doNotCall !== undefined) {
          result.already += 1;
          continue;
        }
        const held = viewPermission(pair.state.permission, tx.profile, tx.now).status === 'granted';
        const effect = optOut(tx, pair, businessNumberId, { source: options.source });
        result.listed += 1;
        if (held || effect.calls.length + effect.requests.length > 0) result.effects.push(effect);
      }
    } catch (error) {
      if (!(error instanceof ContactError)) throw error;
      result.bad.push({ line, why: error.message });
    }
  }
  const { listed, already, bad } = result;
  tx.records.writeAudit({
    event: 'do_not_call_imported',
    detail: { source: options.source, listed, already, bad: bad.length },
    numberId: number.numberId,
  });
  return result;
}

/** If phone and user id belong to two people known here, both are meant: in doubt nobody is called. */
function everyPair(tx: Transaction, numberId: number, contact: Contact): PairRow[] {
  const pair = findOrMakePair(tx, numberId, contact);
  if (pair !== 'conflict') return [pair];
  const { phone, userId, parentUserId } = contact;
  const names: Contact[] = [
    ...(phone === undefined ? [] : [{ phone }]),
    ...(userId === undefined ? [] : [{ userId }]),
    ...(parentUserId === undefined ? [] : [{ parentUserId }]),
  ];
  return names.map((name) => findOrMakePair(tx, numberId, name)).filter((found) => found !== 'conflict');
}

export function doNotCallList(
  tx: Transaction,
  { businessNumberId, after = 0, limit = 1_000 }: { businessNumberId: string; after?: number; limit?: number },
): DoNotCallPage {
  const number = tx.records.findNumber(businessNumberId);
  if (number === undefined) return { entries: [] };
  const rows = tx.records.doNotCallPairs(number.numberId, after, limit + 1);
  const page: DoNotCallPage = {
    entries: rows.slice(0, limit).flatMap(({ contact, state }) =>
      // Whoever was erased stays on the list, but there is nothing left to show.
      state.doNotCall === undefined || isNameless(contact) ? [] : [{ contact, ...state.doNotCall }],
    ),
  };
  const last = rows[limit - 1];
  if (rows.length > limit && last !== undefined) page.next = last.pairId;
  return page;
}

export function stillAllowed(tx: Transaction, reservationId: string): Reason | undefined {
  const reservation = tx.records.findCall(reservationId) ?? tx.records.findRequest(reservationId);
  if (reservation === undefined) return undefined;
  return tx.records.readPair(reservation.pairId).state.doNotCall === undefined ? undefined : reasonFor('do_not_call');
}

export function claimOptOutConfirmation(tx: Transaction, businessNumberId: string, contact: Contact): boolean {
  const number = tx.records.findNumber(businessNumberId);
  const pair = number === undefined ? undefined : findPair(tx, number.numberId, contact);
  if (pair === undefined || pair === 'conflict') return false;
  const state = applyConfirmation(pair.state, tx.profile, tx.now);
  if (state === undefined) return false;
  pair.state = state;
  tx.records.writeState(pair);
  tx.records.writeAudit({ event: 'opt_out_confirmation_released', detail: {}, numberId: pair.numberId, pair });
  return true;
}
