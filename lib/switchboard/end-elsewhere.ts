import type { StoredCall } from '../ledger/ledger.ts';
import type { Desk } from './desk.ts';
import { durably } from './durably.ts';
import { askToEnd } from './hang-up.ts';
import { pause, told, within } from './patience.ts';
import { CallError } from './switchboard.ts';

/** Between two looks at a call that another instance holds. */
const LOOK_AGAIN_MS = 250;
/** Somebody else had asked for the end before us: so long it is theirs. A second request is harmless, so no longer. */
const THEIR_TURN_MS = 2_000;

/**
 * Ends, through the provider, a call that another living instance holds: it stays theirs, they hear of the end by webhook and
 * tell their flow. The wish is in the store first, so that of several instances with the same wish one asks the provider, and
 * so that a ring which is cut short is told as that. The call may be on its way to the provider just now: it is followed until
 * it can be ended.
 *
 * @param reservationId of a call in the store
 * @returns the call with its end
 * @throws LedgerError, CallError `call_failed`: the provider did not confirm, or its id for the call never became known
 */
export async function endElsewhere(desk: Desk, reservationId: string): Promise<StoredCall> {
  const { ledger, now } = desk.deps;
  const known = await look(desk, reservationId, desk.settings.elsewhereMs, (call) => call.callId !== undefined);
  if (known === undefined || isOver(known)) return overOr(known, neverKnown);
  const { callId = '' } = known;
  const first = (await ledger.endRequested?.(reservationId, 'cancelled')) !== false;
  if (!first) {
    const ended = await look(desk, reservationId, THEIR_TURN_MS);
    if (ended !== undefined) return ended;
  }
  const watch = new AbortController();
  const trying = new AbortController();
  // The webhook may come in anywhere; that it came is in the store.
  const end = look(desk, reservationId, Number.POSITIVE_INFINITY, isOver, watch.signal).finally(() => trying.abort());
  // A failure is told below, by asking once more.
  end.catch(() => {});
  const answer = await askToEnd(desk, { id: reservationId, callId, signal: trying.signal });
  if (answer === 'confirmed') await within(desk.webhookWaitMs, end);
  watch.abort();
  const heard = await end;
  if (heard !== undefined) return heard;
  if (answer === 'stopped') throw new CallError('call_failed', 'The configuration is being closed.', 'Try it again.');
  if (answer !== 'confirmed') throw new CallError('call_failed', answer.message, answer.details);
  const { acceptedAt } = (await ledger.findCall({ reservationId })) ?? known;
  const outcome = acceptedAt === undefined ? 'cancelled' : 'completed';
  await durably(desk, `The end of call ${reservationId}`, () =>
    ledger.finishCall(reservationId, { outcome, at: now() }),
  );
  return overOr(await ledger.findCall({ reservationId }), notWritten);
}

export function isOver({ endedAt, outcome }: StoredCall): boolean {
  return endedAt !== undefined && outcome !== undefined;
}

/** Looks until a call is as wanted, or over. @returns undefined after `ms`, at the signal, or when the switchboard closes */
async function look(
  desk: Desk,
  reservationId: string,
  ms: number,
  wanted: (call: StoredCall) => boolean = isOver,
  signal: AbortSignal = new AbortController().signal,
): Promise<StoredCall | undefined> {
  const { ledger, now, log } = desk.deps;
  const deadline = now() + ms;
  let failed = false;
  for (;;) {
    try {
      const stored = await ledger.findCall({ reservationId });
      if (stored === undefined || isOver(stored) || wanted(stored)) return stored;
    } catch (error) {
      // The store may be away for a moment.
      if (!failed) log('warn', `Call ${reservationId} could not be looked up, it will be tried again: ${told(error)}`);
      failed = true;
    }
    const left = deadline - now();
    if (signal.aborted || desk.shut || left <= 0) return undefined;
    await pause(Math.min(LOOK_AGAIN_MS, left), signal);
    if (signal.aborted) return undefined;
  }
}

function overOr(stored: StoredCall | undefined, error: () => CallError): StoredCall {
  if (stored === undefined || !isOver(stored)) throw error();
  return stored;
}

function neverKnown(): CallError {
  return new CallError(
    'call_failed',
    "The call could not be ended, because the provider's id of it has not become known.",
    'It is either not running or will be ended by the instance that placed it. Try it again in a moment.',
  );
}

function notWritten(): CallError {
  return new CallError(
    'call_failed',
    'The provider confirmed the end of the call, but it could not be written to the permission store.',
    'See the log and the status of the permission store node.',
  );
}
