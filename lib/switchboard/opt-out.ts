import type { Effect, OptedOut } from '../ledger/ledger.ts';
import { maskContact } from '../permission/masking.ts';
import type { Contact } from '../permission/model.ts';
import { confirmationText } from '../permission/opt-out-confirmation.ts';
import { type Desk, inBackground } from './desk.ts';
import { endElsewhere } from './end-elsewhere.ts';
import type { LiveCall } from './live-call.ts';
import { told } from './patience.ts';
import { tellPermission } from './permission-change.ts';

/** What a number does about people who say not to be called any more. */
export interface OptOutSettings {
  /** Whether they get one message that says so. */
  confirm: boolean;
  /** Its text; left out: a sentence in the person's language. */
  text?: string;
  /** Key that opts out during a call. */
  digit?: string;
}

/** Sources that are the person's own word, and are confirmed. */
const OWN_WORD: ReadonlySet<string> = new Set(['message', 'button', 'keypad']);

/**
 * Ends at once what an opt-out must not let go on: calls that ring or run, and requests that have not left. Before
 * anything else is done about a batch of events; all of it is in the ledger already.
 */
export function stopFor(desk: Desk, effects: readonly Effect[]): void {
  for (const effect of effects) {
    if (effect.kind !== 'opted_out' || effect.businessNumberId !== desk.deps.businessNumber.id) continue;
    for (const id of effect.requests) desk.asking.get(id)?.abort();
    for (const id of effect.calls) {
      const call = desk.registry.find(id);
      if (call !== undefined) desk.apply(call, { kind: 'end', cause: 'opt_out' });
      else inBackground(desk, `Ending call ${id} after an opt-out`, endUnheld(desk, id));
    }
  }
}

/** The confirmation, in the background: it waits for the network, and a failure of it changes nothing. */
export function confirmOptOut(desk: Desk, effect: OptedOut): void {
  const { businessNumber, optOut } = desk.deps;
  if (optOut?.confirm === false || !OWN_WORD.has(effect.source)) return;
  if (effect.businessNumberId !== businessNumber.id) return;
  inBackground(desk, 'Confirming an opt-out', confirm(desk, effect));
}

/**
 * Lists a person or releases them, with everything that follows. @throws LedgerError
 */
export async function doNotCall(
  desk: Desk,
  contact: Contact,
  entry: { listed: boolean; source: string },
): Promise<void> {
  await followUp(desk, await desk.deps.ledger.doNotCall(desk.deps.businessNumber.id, contact, entry));
}

/** Stops calls, tells the flows, confirms. */
export async function followUp(desk: Desk, effects: readonly Effect[]): Promise<void> {
  stopFor(desk, effects);
  for (const effect of effects) {
    await tellPermission(desk, effect);
    if (effect.kind === 'opted_out') confirmOptOut(desk, effect);
  }
}

/** The person pressed the key. The call ends in any case, also if the store cannot be written. */
export function optOutByKey(desk: Desk, call: LiveCall): void {
  inBackground(
    desk,
    'An opt-out by keypad',
    doNotCall(desk, call.state.contact, { listed: true, source: 'keypad' }).finally(() =>
      desk.apply(call, { kind: 'end', cause: 'opt_out' }),
    ),
  );
}

async function confirm(desk: Desk, { contact, language }: OptedOut): Promise<void> {
  const { businessNumber, ledger, optOut, provider, log } = desk.deps;
  if (!(await ledger.claimOptOutConfirmation(businessNumber.id, contact))) return;
  try {
    await provider.sendText(contact, optOut?.text ?? confirmationText(contact.language ?? language));
  } catch (error) {
    log('warn', `The opt-out of ${maskContact(contact)} is stored, but could not be confirmed: ${told(error)}`);
  }
}

/** A call that this process does not hold: of another instance, or of one that died. One that never left is nothing to end. */
async function endUnheld(desk: Desk, reservationId: string): Promise<void> {
  if ((await desk.deps.ledger.findCall({ reservationId })) !== undefined) await endElsewhere(desk, reservationId);
}
