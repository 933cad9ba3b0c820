import type { Contact } from '../permission/model.ts';
import type { Desk } from './desk.ts';
import { askProvider } from './live-truth.ts';
import { CallError, type Refreshed } from './switchboard.ts';

/** A question may wait so long for its turn: many people refreshed at once are asked one after the other. */
const TURN_MS = 60_000;
/** Nobody waits for a call here, so the provider may take its time. */
const ANSWER_MS = 10_000;

/**
 * Asks the provider about a person now and corrects the store, in the name of a flow that wants to know.
 * @throws ProviderError, LedgerError, CallError `call_failed`
 */
export async function refresh(desk: Desk, contact: Contact): Promise<Refreshed> {
  const { provider, ledger, businessNumber } = desk.deps;
  if (!provider.capabilities.queryPermission)
    throw new CallError('call_failed', `${provider.name} cannot be asked about permissions.`, 'Rely on its webhooks.');
  if (!(await desk.queries.turn(TURN_MS)))
    throw new CallError(
      'call_failed',
      'Too many questions to the provider are waiting.',
      'Refresh fewer people at once.',
    );
  const ours = await ledger.explain(businessNumber, contact);
  const { differences } = await askProvider(desk, { contact, ours, ms: ANSWER_MS });
  const { permission, canRequest, canCall } = await ledger.explain(businessNumber, contact);
  return { permission, canRequest, canCall, differences };
}
