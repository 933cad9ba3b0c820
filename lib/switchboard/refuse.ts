import type { CallView } from '../call/call.ts';
import { maskContact } from '../permission/masking.ts';
import type { Contact } from '../permission/model.ts';
import { findIncoming } from './answer.ts';
import type { Offered, Refusal } from './attendance.ts';
import { type Desk, inBackground } from './desk.ts';
import { type LiveCall, view } from './live-call.ts';
import { told } from './patience.ts';

/** A person who calls again and again gets the same message only so often, in ms. */
const TEXT_AGAIN_MS = 3_600_000;
const MOST_REMEMBERED = 10_000;

/**
 * Refuses a call to us in the name of a node. @returns the call with its end
 * @throws CallError `call_unknown`, `call_ended`, `call_taken`, `call_failed`
 */
export async function refuseCall(desk: Desk, id: string, by: { nodeId: string; refusal?: Refusal }): Promise<CallView> {
  const call = findIncoming(desk, id, by.nodeId);
  call.origin ??= { nodeId: by.nodeId };
  if (by.refusal !== undefined) call.refusal = by.refusal;
  desk.apply(call, { kind: 'end', cause: 'refused' });
  await call.over;
  return view(call);
}

/** Everybody who was asked says no: the first one's reason is given, and each one's message sent. */
export function refuseByPlan(desk: Desk, call: LiveCall, offered: readonly Offered[]): void {
  const refusal = offered.find(({ plan }) => plan.refusal !== undefined)?.plan.refusal;
  if (refusal !== undefined) call.refusal = refusal;
  desk.apply(call, { kind: 'end', cause: 'refused' });
  const text = offered.find(({ plan }) => plan.text !== undefined && plan.text !== '')?.plan.text;
  // The call itself has opened the window in which a business may write (meta-cloud-api.md §3.6).
  if (text !== undefined) inBackground(desk, 'A message to a caller', write(desk, call.state.contact, text));
}

async function write(desk: Desk, contact: Contact, text: string): Promise<void> {
  const { provider, log, now } = desk.deps;
  const key = contact.userId ?? contact.phone ?? contact.parentUserId ?? '';
  const before = desk.written.get(key) ?? Number.NEGATIVE_INFINITY;
  if (now() - before < TEXT_AGAIN_MS) return;
  desk.written.delete(key);
  desk.written.set(key, now());
  for (const oldest of desk.written.keys()) {
    if (desk.written.size <= MOST_REMEMBERED) break;
    desk.written.delete(oldest);
  }
  try {
    await provider.sendText(contact, text);
  } catch (error) {
    desk.written.delete(key);
    log('warn', `The message to ${maskContact(contact)}, whose call was refused, could not be sent: ${told(error)}`);
  }
}
