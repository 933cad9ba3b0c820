import { storedEnd } from '../call/recovered.ts';
import { viewOf } from '../call/view.ts';
import type { Appended } from '../ledger/ledger.ts';
import type { CallEvent } from '../provider/event.ts';
import type { Desk } from './desk.ts';
import { durably } from './durably.ts';
import { recordOf } from './notes.ts';
import { told } from './patience.ts';
import { tellPermission } from './permission-change.ts';
import { react } from './react.ts';

type Terminated = Appended & { event: Extract<CallEvent, { type: 'call.terminated' }> };

/**
 * Hands out events that came in before this switchboard was there, or at another instance. What ends a call that nobody
 * here holds is told from the ledger.
 * @returns events whose turn has to come again, because the ledger could not be asked
 */
export async function handOut(desk: Desk, events: readonly Appended[]): Promise<Appended[]> {
  const rest: Appended[] = [];
  const left: Appended[] = [];
  const endedAlready: string[] = [];
  for (const item of events) {
    if (!isEndOfNobody(desk, item)) {
      rest.push({ ...item, fresh: true });
      continue;
    }
    // Flows go away at this moment: the next start tells it.
    if (desk.mute) continue;
    try {
      await tellStoredEnd(desk, item);
    } catch (error) {
      desk.deps.log('warn', `The end of a call could not be looked up, it will be tried again: ${told(error)}`);
      left.push(item);
      continue;
    }
    // What the end did to the permission (too many unanswered calls) was not told either.
    for (const effect of item.effects) await tellPermission(desk, effect);
    endedAlready.push(item.event.id);
  }
  if (endedAlready.length > 0)
    await durably(desk, 'Events handed out', () => desk.deps.ledger.dispatched(endedAlready));
  await react(desk, rest);
  return left;
}

function isEndOfNobody(desk: Desk, item: Appended): item is Terminated {
  return item.event.type === 'call.terminated' && desk.registry.of(item.event) === undefined;
}

/** The end of a call that is finished in the ledger, told with its origin so that its flow hears of it. */
async function tellStoredEnd(desk: Desk, { event }: Terminated): Promise<void> {
  const { ledger, businessNumber } = desk.deps;
  const stored =
    (await ledger.findCall({ callId: event.callId })) ??
    (event.correlationId === undefined ? undefined : await ledger.findCall({ reservationId: event.correlationId }));
  const state = stored === undefined ? undefined : storedEnd(stored, businessNumber);
  if (stored === undefined || state === undefined) return;
  const origin = stored.origin === undefined ? {} : { origin: stored.origin };
  const call = viewOf(state);
  const record = await recordOf(desk, call);
  desk.calls.tell({ event: 'ended', call, ...origin, ...(record === undefined ? {} : { record }) });
}
