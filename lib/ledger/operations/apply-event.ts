import { applyContactByPerson, applyReply, applyRequestFailed } from '../../permission/apply.ts';
import type { ProviderEvent } from '../../provider/event.ts';
import type { Effect } from '../ledger.ts';
import { applyCallEvent } from './apply-call-event.ts';
import { optOut } from './do-not-call.ts';
import { findPair, learnPair } from './identity.ts';
import type { NumberRow, PairRow, RequestRow } from './records.ts';
import { consumeRequest } from './settle.ts';
import type { Transaction } from './transaction.ts';
import { commitTransition } from './transition.ts';

type Of<T extends ProviderEvent['type']> = Extract<ProviderEvent, { type: T }>;

/** How long a pause for quality lasts if the provider does not say (meta-cloud-api.md §11.5). */
const PAUSE_MS = 7 * 86_400_000;

/** Moves the state by one event and returns what people should hear. What cannot be placed changes nothing and stays in the inbox. */
export function applyEvent(tx: Transaction, event: ProviderEvent): Effect[] {
  if (event.type === 'unknown' || event.businessNumberId === '') return [];
  const number = tx.records.readNumber(event.businessNumberId);
  switch (event.type) {
    case 'permission.replied':
      return applyPermissionReply(tx, number, event);
    case 'message.received':
      return applyMessage(tx, number, event);
    case 'message.status':
      return applyMessageStatus(tx, number, event);
    case 'account.restricted':
      return applyRestriction(tx, number, event);
    case 'capture.available':
      // What the provider kept of a call is brought and noted by whoever hands this out.
      return [];
    default:
      return applyCallEvent(tx, number, event);
  }
}

function applyPermissionReply(tx: Transaction, number: NumberRow, event: Of<'permission.replied'>): Effect[] {
  const { contextId } = event;
  const asked = contextId === undefined ? undefined : tx.records.findRequestByProviderId(contextId, number.numberId);
  const asker = asked === undefined ? undefined : tx.records.readPair(asked.pairId);
  let pair = erasedPair(tx, number, event) ?? learnPair(tx, number.numberId, event.contact, asker);
  let answered = asked;
  if (asked === undefined && contextId !== undefined && event.source === 'user_action') {
    // The answer is faster than the provider's reply to our request, or that reply was lost: the request did go out.
    const unsettled = tx.records.findUnknownRequest(pair.pairId);
    if (unsettled !== undefined) {
      consumeRequest(tx, unsettled, pair, contextId);
      answered = unsettled;
      pair = tx.records.readPair(pair.pairId);
    }
  }
  if (answered !== undefined && event.source === 'user_action') writeAnswer(tx, answered, event);
  const applied = applyReply(pair.state, event, tx.profile, tx.now, answered?.purpose, answered?.promisedBy);
  return commitTransition(tx, pair, number.id, applied);
}

/** Only what an erased person does themselves, and what allows something, brings their names back. */
function erasedPair(tx: Transaction, number: NumberRow, event: Of<'permission.replied'>): PairRow | undefined {
  if (event.response === 'accept' && event.source === 'user_action') return undefined;
  const pair = findPair(tx, number.numberId, event.contact);
  return pair === undefined || pair === 'conflict' || pair.nameless === undefined ? undefined : pair;
}

/** For the statistics. Once a request brought a grant, a later revocation does not make it one that was denied. */
function writeAnswer(tx: Transaction, request: RequestRow, { response, at }: Of<'permission.replied'>): void {
  const answer = response === 'accept' ? 'granted' : 'denied';
  const known = tx.records.findRequest(request.reservationId);
  if (known === undefined || known.answer === 'granted' || known.answer === answer) return;
  tx.records.writeRequest({ ...known, answer, answeredAt: at });
}

function applyMessage(tx: Transaction, number: NumberRow, event: Of<'message.received'>): Effect[] {
  const pair = learnPair(tx, number.numberId, event.contact);
  pair.state = applyContactByPerson(pair.state, event.at, tx.now);
  tx.records.writeState(pair);
  return hearOptOut(tx, pair, number, event);
}

/** An opt-out is older than any grant that may have come before it here, and younger ones do not lift it: its time does not matter. */
function hearOptOut(tx: Transaction, pair: PairRow, number: NumberRow, event: Of<'message.received'>): Effect[] {
  const { text, payload, messageId } = event;
  const said = text === undefined ? undefined : tx.saysOptOut(text);
  const match = said ?? (payload === undefined ? undefined : tx.saysOptOut(payload));
  if (match === undefined) return [];
  return [optOut(tx, pair, number.id, { source: payload === undefined ? 'message' : 'button', match, messageId })];
}

function applyMessageStatus(tx: Transaction, number: NumberRow, event: Of<'message.status'>): Effect[] {
  if (event.status.toLowerCase() !== 'failed') return [];
  const request = tx.records.findRequestByProviderId(event.messageId, number.numberId);
  if (request === undefined) return [];
  const pair = tx.records.readPair(request.pairId);
  const codes = event.errors.map((error) => error.code);
  return commitTransition(tx, pair, number.id, applyRequestFailed(pair.state, event.messageId), { codes });
}

function applyRestriction(tx: Transaction, number: NumberRow, event: Of<'account.restricted'>): Effect[] {
  const { restriction, until, warning } = event;
  tx.records.writeAudit({
    event: warning ? 'number_warned' : 'number_restricted',
    detail: { restriction, ...(until === undefined ? {} : { until }) },
    numberId: number.numberId,
  });
  // Restrictions of incoming calls do not concern what we send; one that names no direction does.
  const outgoing = !/USER_INITIATED/i.test(restriction) || /BIZ_INITIATED|BUSINESS_INITIATED/i.test(restriction);
  if (warning || !outgoing) return [];
  // News may be late and in another order: the pause that lasts longest holds.
  const end = until ?? event.at + PAUSE_MS;
  if ((number.restrictedUntil ?? 0) < end) tx.records.restrictNumber(number.numberId, end, restriction);
  return [];
}
