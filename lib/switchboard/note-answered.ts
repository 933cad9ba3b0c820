import { heardOf } from '../call/state.ts';
import { type Desk, inBackground } from './desk.ts';
import { durably } from './durably.ts';
import type { LiveCall } from './live-call.ts';

/**
 * The provider sends no ACCEPTED for a call to us (meta-cloud-api.md §5.4): that it was taken and has sound is told to the ledger by us, as
 * the event that is missing. So it counts as connected at once (which frees requests), and a crash does not lose the answer.
 */
export function noteAnswered(desk: Desk, call: LiveCall): void {
  const { ledger, businessNumber, now } = desk.deps;
  const { callId, acceptedAt = now() } = heardOf(call.state);
  if (call.state.direction !== 'inbound' || callId === undefined) return;
  const id = `call:${callId}:status:accepted`;
  const { contact } = call.state;
  const what = `The answer to call ${call.id}`;
  const work = durably(desk, what, async () => {
    await ledger.append([
      { id, type: 'call.accepted', at: acceptedAt, businessNumberId: businessNumber.id, callId, contact },
    ]);
    await ledger.dispatched([id]);
  });
  inBackground(desk, what, work);
}
