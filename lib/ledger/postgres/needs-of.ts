import { parseContact } from '../../permission/contact.ts';
import type { Contact } from '../../permission/model.ts';
import type { ProviderEvent } from '../../provider/event.ts';
import { dedupeKey } from '../dedupe-key.ts';
import type { Settlement } from '../ledger.ts';
import { namesOf } from '../operations/identity.ts';
import type { OperationName } from '../operations/operations.ts';
import type { Needs } from './needs.ts';

/** What is known about an operation before it runs. */
export interface Hints {
  /** The provider's id of the business number that a reservation of ours belongs to. */
  numberOf(reservationId: string): string | undefined;
  /** What stands for a name after its person was erased, if anybody was. */
  fingerprint(name: string): string | undefined;
}

type Intent = { businessNumber: { id: string }; contact: Contact };

/** Adds what one operation will look at. What it turns out to need beyond that is brought by a second try. */
export function addNeeds(needs: Needs, name: OperationName | 'sweepLeases', args: unknown[], hints: Hints): void {
  const [first, second, third] = args;
  const contact = (number: string, given: Contact, mayMake: boolean): void => {
    for (const known of namesOf(given)) {
      needs.name(number, known);
      const print = hints.fingerprint(known);
      if (print !== undefined) needs.name(number, print);
    }
    if (mayMake) needs.pairIds += 1;
  };
  switch (name) {
    case 'reserveRequest':
    case 'reserveCall':
    case 'explain': {
      const intent = (name === 'explain' ? { businessNumber: first, contact: second } : first) as Intent;
      contact(intent.businessNumber.id, intent.contact, name !== 'explain');
      if (name !== 'reserveCall') needs.lists.requests = true;
      if (name === 'reserveRequest') return;
      needs.lists.calls = true;
      needs.loads.add(intent.businessNumber.id);
      return;
    }
    case 'settle': {
      const settlement = second as Settlement;
      needs.reservations.add(String(first));
      if (settlement.state !== 'consumed') return;
      needs.calls.add(settlement.providerId);
      const number = hints.numberOf(String(first));
      if (number !== undefined && settlement.contact !== undefined) contact(number, settlement.contact, true);
      return;
    }
    case 'append':
      for (const event of first as ProviderEvent[]) addEvent(needs, event, contact);
      return;
    case 'finishCall':
    case 'endRequested':
      needs.reservations.add(String(first));
      needs.lists.calls = true;
      needs.lists.callbacks = name === 'finishCall' || needs.lists.callbacks;
      return;
    case 'claimCall':
      needs.calls.add(String(first));
      needs.reservations.add(String(first));
      return;
    case 'noteRecording':
    case 'noteScore':
    case 'noteCallEnd':
      needs.reservations.add(String(first));
      return;
    case 'addCallback': {
      const wish = first as { businessNumberId: string; contact: Contact };
      needs.numbers.add(wish.businessNumberId);
      contact(wish.businessNumberId, wish.contact, true);
      needs.lists.callbacks = true;
      return;
    }
    case 'finishCallback': {
      const { callId } = second as { callId?: string };
      if (callId !== undefined) needs.reservations.add(callId);
      return;
    }
    case 'stillAllowed':
      needs.reservations.add(String(first));
      return;
    case 'adopt':
      for (const id of first as string[]) needs.reservations.add(id);
      return;
    case 'findCall': {
      const { reservationId, callId } = first as { reservationId?: string; callId?: string };
      if (reservationId !== undefined) needs.reservations.add(reservationId);
      else if (callId !== undefined) needs.calls.add(callId);
      return;
    }
    case 'status':
    case 'claimOptOutConfirmation':
      contact(String(first), second as Contact, false);
      return;
    case 'correct': {
      const correction = first as Intent;
      contact(correction.businessNumber.id, correction.contact, true);
      return;
    }
    case 'doNotCall':
      contact(String(first), second as Contact, true);
      needs.lists.requests = true;
      needs.lists.calls = true;
      needs.lists.callbacks = true;
      return;
    case 'erase':
      contact(String(first), second as Contact, false);
      needs.lists.whole = true;
      return;
    case 'importDoNotCall':
      needs.lists.requests = true;
      needs.lists.calls = true;
      needs.lists.callbacks = true;
      for (const { input } of second as { input: unknown }[]) {
        try {
          contact(String(first), parseContact(input, (third as { defaultCountry?: string }).defaultCountry), true);
        } catch {
          // The operation itself says what is wrong with it.
        }
      }
      return;
    default:
      // Questions about the whole store bring along what they ask for.
      if (typeof first === 'string') needs.numbers.add(first);
      else if (typeof first === 'object' && first !== null && 'businessNumberId' in first) {
        const query = first as { businessNumberId?: string; contact?: Contact };
        if (query.businessNumberId === undefined) return;
        needs.numbers.add(query.businessNumberId);
        if (query.contact !== undefined) contact(query.businessNumberId, query.contact, false);
      }
  }
}

function addEvent(
  needs: Needs,
  event: ProviderEvent,
  contact: (number: string, given: Contact, mayMake: boolean) => void,
): void {
  needs.events.add(Buffer.from(dedupeKey(event.id)).toString('hex'));
  if (event.type === 'unknown' || event.businessNumberId === '') return;
  needs.numbers.add(event.businessNumberId);
  if ('contact' in event && event.contact !== undefined && event.type !== 'message.status') {
    contact(event.businessNumberId, event.contact, true);
  }
  switch (event.type) {
    case 'permission.replied':
      if (event.contextId !== undefined) needs.messages.add(event.contextId);
      needs.lists.requests = true;
      return;
    case 'message.status':
      if (event.status.toLowerCase() === 'failed') needs.messages.add(event.messageId);
      return;
    case 'message.received':
      // It may be an opt-out, which names what must not go on.
      needs.lists.requests = true;
      needs.lists.calls = true;
      needs.lists.callbacks = true;
      return;
    case 'account.restricted':
    case 'capture.available':
      return;
    default:
      needs.calls.add(event.callId);
      if (event.type === 'call.terminated') needs.lists.callbacks = true;
      if (event.correlationId !== undefined) needs.reservations.add(event.correlationId);
      needs.lists.calls = true;
  }
}
