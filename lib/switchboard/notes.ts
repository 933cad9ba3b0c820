import type { CallView } from '../call/call.ts';
import { couldNotTake } from '../call/outcome.ts';
import type { CallRecord } from '../ledger/ledger.ts';
import type { Desk } from './desk.ts';
import { durably } from './durably.ts';
import { type LiveCall, view } from './live-call.ts';
import { told } from './patience.ts';
import { CallError, type Switchboard } from './switchboard.ts';

/** What is written down about calls beside their events: records, recordings, announcements. */
export function notes(
  desk: Desk,
): Pick<Switchboard, 'callRecords' | 'noteRecording' | 'noteScore' | 'announced' | 'checkRecording'> {
  const { ledger, businessNumber } = desk.deps;
  return {
    callRecords: (query) => ledger.callRecords({ ...query, businessNumberId: businessNumber.id }),
    noteRecording: async (id, recording) => {
      let known = false;
      const noting = durably(desk, `A recording of call ${id}`, async () => {
        known = await ledger.noteRecording(id, recording);
      });
      const call = desk.registry.find(id);
      call?.noting.add(noting);
      await noting;
      call?.noting.delete(noting);
      return known;
    },
    noteScore: (id, score) => ledger.noteScore(id, score),
    announced: (id) => {
      const call = desk.registry.find(id);
      if (call !== undefined) call.announced = true;
    },
    checkRecording: (id) => {
      if (desk.deps.announceRecordings !== true || desk.registry.find(id)?.announced === true) return;
      throw new CallError(
        'announcement_missing',
        'This number records a call only after the person has been told, and nothing has told them in this call.',
        'Play a prompt that is marked as announcement, whole, before the recording; or let WhatsApp record, which announces it by itself.',
      );
    },
  };
}

/** A record begins when the ledger reserved the call, by its own clock. */
const CLOCKS_DIFFER_MS = 120_000;

/**
 * The record of a call, as it goes along with *ended*: what is durable then is told then. The store has no question about one
 * call; few calls are with the same person at the same time.
 *
 * @returns undefined if the store cannot tell; never throws
 */
export async function recordOf(desk: Desk, call: CallView): Promise<CallRecord | undefined> {
  const { ledger, businessNumber } = desk.deps;
  const { id, contact, startedAt, direction } = call;
  try {
    let after: string | undefined;
    do {
      const page = await ledger.callRecords({
        ...{ businessNumberId: businessNumber.id, contact, direction },
        from: Math.max(0, startedAt - CLOCKS_DIFFER_MS),
        to: startedAt + CLOCKS_DIFFER_MS,
        ...(after === undefined ? {} : { after }),
      });
      const found = page.entries.find((entry) => entry.id === id);
      if (found !== undefined) return found;
      after = page.next;
    } while (after !== undefined);
  } catch (error) {
    desk.deps.log('warn', `The record of call ${id} could not be read: ${told(error)}`);
  }
  return undefined;
}

/** What kept us from taking a call to us: no webhook tells the ledger. */
function errorOf({ state }: LiveCall): { error?: { code: string; message: string } } {
  if (state.name !== 'ended' || state.fault === undefined || !couldNotTake(state.direction, state.ours?.cause))
    return {};
  const { code, message } = state.fault;
  return { error: { code, message } };
}

/** The record of a call that has just ended, when all is in it that belongs there: recordings, and who ended it. */
export async function concludeRecord(desk: Desk, call: LiveCall): Promise<CallRecord | undefined> {
  const ended = view(call);
  await Promise.all(call.noting);
  try {
    // Providers do not say who ended a call.
    if (ended.endedBy !== undefined)
      await desk.deps.ledger.noteCallEnd(call.id, { endedBy: ended.endedBy, ...errorOf(call) });
  } catch (error) {
    desk.deps.log('warn', `Who ended call ${call.id} could not be written: ${told(error)}`);
  }
  return recordOf(desk, ended);
}
