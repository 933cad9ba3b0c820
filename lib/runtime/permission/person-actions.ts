import { LedgerError } from '../../ledger/ledger.ts';
import type { PermissionStatus } from '../../permission/model.ts';
import { contactMessage, type ReasonMessage } from '../messages.ts';
import { ownProperty } from '../own-property.ts';
import type { Look } from '../status.ts';
import { type Asking, described, person } from './asking.ts';
import { type Outcome, refusal, refused } from './outcome.ts';
import { readSource } from './properties.ts';

/** How a permission looks under the node; the words are in the catalog. */
const LOOKS: Record<PermissionStatus, Look> = {
  granted: 'connected',
  pending: 'waiting',
  denied: 'idle',
  not_requested: 'idle',
};

/** What is known about a person, and what may be done now and why not. */
export async function lookup(asking: Asking): Promise<Outcome> {
  const who = await person(asking);
  if ('reason' in who) return refused(who.reason);
  const set = await described(asking, who.contact);
  const { status } = set.permission;
  return { to: 'result', set, status: { look: LOOKS[status], key: status } };
}

/** Asks the provider what it knows, corrects the store, and looks up. */
export async function refresh(asking: Asking): Promise<Outcome> {
  const who = await person(asking);
  if ('reason' in who) return refused(who.reason);
  const { differences } = await asking.switchboard.refresh(who.contact);
  const set = await described(asking, who.contact);
  const { status } = set.permission;
  return { to: 'result', set: { ...set, differences }, status: { look: LOOKS[status], key: status } };
}

/** Puts a person on the do-not-call list; what goes on with them ends. */
export async function doNotCall(asking: Asking): Promise<Outcome> {
  const who = await person(asking);
  if ('reason' in who) return refused(who.reason);
  const source = readSource(await asking.look('source'), 'flow');
  await asking.switchboard.doNotCall(who.contact, { listed: true, source });
  return { to: 'result', set: await described(asking, who.contact), status: { look: 'idle', key: 'on_list' } };
}

/** Takes a person off the do-not-call list: the only way off, so that somebody has to stand for it. */
export async function release(asking: Asking): Promise<Outcome> {
  const who = await person(asking);
  if ('reason' in who) return refused(who.reason);
  const source = readSource(await asking.look('source'));
  const before = await described(asking, who.contact);
  if (before.explanation.call.reason?.code !== 'do_not_call') return refused(refusal('not_on_list'), before);
  await asking.switchboard.doNotCall(who.contact, { listed: false, source });
  return { to: 'result', set: await described(asking, who.contact), status: { look: 'idle', key: 'released' } };
}

/** Forgets a person. Needs a confirmation, because it cannot be undone. */
export async function erase(asking: Asking): Promise<Outcome> {
  const who = await person(asking);
  if ('reason' in who) return refused(who.reason);
  const contact = contactMessage(who.contact);
  const { settings, msg, switchboard } = asking;
  const confirmed = ownProperty(msg, 'confirm') === true;
  if (!settings.confirm && !confirmed) return refused(refusal('confirmation_missing'), { contact });
  const result = await switchboard.erase(who.contact).catch(underWay);
  if ('code' in result) return refused(result, { contact });
  const { known, ...erasure } = result;
  if (!known) return refused(refusal('contact_unknown'), { contact });
  // The next message shall not be erased because this one was meant to be.
  return { to: 'result', set: { payload: erasure }, drop: ['confirm'], status: { look: 'idle', key: 'erased' } };
}

/** While something goes on with a person they cannot be forgotten: that is a "not now", no fault. */
function underWay(error: unknown): ReasonMessage {
  if (error instanceof LedgerError && (error.code === 'call_in_progress' || error.code === 'request_in_progress')) {
    return { code: error.code, text: error.message, nextStep: error.nextStep };
  }
  throw error;
}
