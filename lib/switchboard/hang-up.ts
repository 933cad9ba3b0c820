import { couldNotTake } from '../call/outcome.ts';
import { ProviderError, type ProviderErrorKind } from '../provider/provider.ts';
import { type Desk, inBackground } from './desk.ts';
import { durably } from './durably.ts';
import type { LiveCall } from './live-call.ts';
import { pause, told } from './patience.ts';

/**
 * Asks the provider to end a call until it says yes or its terminate webhook comes. Terminate is safe to repeat and
 * needed even after an RTCP BYE (meta-cloud-api.md §1.4, 2026-06-26). A wrong token or a removed number does not get
 * better by itself, so those tries are fewer; giving up is told to the flows and logged as an error.
 */
export function hangUp(desk: Desk, call: LiveCall, callId: string): Promise<void> {
  return end(desk, call, callId, call.state.direction === 'inbound' ? ['terminate', 'reject'] : ['terminate']);
}

/** The same for a call to us that was not taken. */
export function refuse(desk: Desk, call: LiveCall, callId: string): Promise<void> {
  return end(desk, call, callId, ['reject', 'terminate']);
}

/** What the provider may be asked for. */
type Way = 'terminate' | 'reject';

async function end(desk: Desk, call: LiveCall, callId: string, ways: Way[]): Promise<void> {
  const stop = new AbortController();
  call.terminating = stop;
  announceEnd(desk, call);
  const answer = await askToEnd(desk, { id: call.id, callId, signal: stop.signal, ways });
  if (answer === 'stopped') return;
  if (answer === 'confirmed') desk.apply(call, { kind: 'terminate_confirmed' });
  else desk.apply(call, { kind: 'end_overdue', error: { code: 'terminate_unconfirmed', ...answer } });
}

/**
 * The tries themselves, for any call.
 * @param ways which request fits depends on whether our answer has arrived, which may be unknown: they take turns
 * @returns `stopped`: by the signal; else what to say of giving up, which is logged as well
 */
export async function askToEnd(
  desk: Desk,
  { id, callId, signal, ways = ['terminate'] }: { id: string; callId: string; signal: AbortSignal; ways?: Way[] },
): Promise<'confirmed' | 'stopped' | { message: string; details: string }> {
  const { provider, log } = desk.deps;
  for (let tries = 1; ; tries += 1) {
    if (signal.aborted) return 'stopped';
    try {
      if (ways[(tries - 1) % ways.length] === 'reject') await provider.rejectCall(callId);
      else await provider.terminateCall(callId, signal);
      return 'confirmed';
    } catch (error) {
      if (signal.aborted) return 'stopped';
      if (tries >= triesFor(desk, error)) return givenUp(desk, id, tries, error);
      log('warn', `Call ${id} could not be ended yet, trying again: ${told(error)}`);
    }
    await pause(pauseBefore(desk, tries), signal);
  }
}

/**
 * Webhooks do not say that it was us who cut the ringing short, so the ledger is told; ahead of the provider, so that
 * the terminate webhook is judged with it. If somebody picked up after all, it means nothing.
 */
function announceEnd(desk: Desk, call: LiveCall): void {
  const { ledger } = desk.deps;
  if (call.state.name !== 'ending' || ledger.endRequested === undefined) return;
  const { cause } = call.state.ours;
  const unanswered = cause === 'ring_timeout' || cause === 'media_bye' ? 'no_answer' : 'cancelled';
  const as = couldNotTake(call.state.direction, cause) ? 'failed' : unanswered;
  const told = durably(desk, `The wish to end call ${call.id}`, async () => {
    await ledger.endRequested?.(call.id, as);
  });
  inBackground(desk, `Ending call ${call.id}`, told);
}

function givenUp(desk: Desk, id: string, tries: number, error: unknown): { message: string; details: string } {
  const message = `The provider did not confirm the end of the call after ${tries} tries: ${told(error)}`;
  const details =
    error instanceof ProviderError ? error.nextStep : 'Check the connection to the provider and the access token.';
  desk.deps.log('error', `Call ${id} may still be running. ${message} ${details}`);
  return { message, details };
}

function triesFor(desk: Desk, error: unknown): number {
  const { transient, operator, never } = desk.settings.terminateTries;
  const kind: ProviderErrorKind = error instanceof ProviderError ? error.kind : 'transient';
  return { transient, wait: transient, operator, never }[kind];
}

/** Doubles from try to try, with jitter, so that many calls do not come back in step. */
function pauseBefore(desk: Desk, tries: number): number {
  const { terminatePauseMs, terminatePauseMaxMs } = desk.settings;
  const longest = Math.min(terminatePauseMaxMs, terminatePauseMs * 2 ** Math.min(tries - 1, 20));
  return longest / 2 + (Math.random() * longest) / 2;
}
