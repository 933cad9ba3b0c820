import type { Desk } from './desk.ts';
import { handOut } from './hand-out.ts';
import { endTakenOver, takeOver } from './take-over.ts';

/**
 * Finishes what a crash left behind, before anything new begins: calls that nobody holds are ended at the provider,
 * and events that were acknowledged but perhaps never reached the flows are handed out. What belongs to other instances
 * that are alive is left alone. Does not wait for the provider; *ended* comes when it has confirmed. @throws LedgerError
 */
export async function recover(desk: Desk): Promise<void> {
  const { ledger, businessNumber } = desk.deps;
  // Also calls under our own name that we do not hold: of a switchboard of this process that had to let go of them.
  const left = (await ledger.liveCalls(businessNumber.id)).filter(
    ({ reservationId }) => desk.registry.find(reservationId) === undefined,
  );
  const taken = await takeOver(desk, left);
  // One of the events may bring the end of such a call, so only then are they ended.
  desk.unheard.push(...(await handOut(desk, await ledger.undispatched(businessNumber.id))));
  endTakenOver(desk, taken);
}
