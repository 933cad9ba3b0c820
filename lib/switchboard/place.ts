import { reservedCall } from '../call/state.ts';
import type { CallReservation, Settlement } from '../ledger/ledger.ts';
import { ProviderError } from '../provider/provider.ts';
import { consult } from './consult.ts';
import { contradiction, refusedByTruth } from './contradiction.ts';
import { type Desk, tellCall } from './desk.ts';
import { durably } from './durably.ts';
import { learnRefusal } from './learn-refusal.ts';
import { listen, tellFindings } from './listen.ts';
import { type LiveCall, liveCall, view } from './live-call.ts';
import type { Ours } from './live-truth.ts';
import { told } from './patience.ts';
import { needsPermission, refusalOf } from './refusal.ts';
import { CallError, type PlaceInput, type PlaceResult } from './switchboard.ts';

/**
 * Places a call, if the ledger allows it. The request leaves at most once, whatever happens to it: after a timeout the
 * person's phone may be ringing (meta-cloud-api.md §0.3, fact 12). The result is then `placed` with a `doubt`, and webhooks
 * or their absence tell the rest. Refusals are results; faults before or at the provider are thrown.
 */
export async function place(desk: Desk, input: PlaceInput): Promise<PlaceResult> {
  checkInput(desk, input);
  const { ledger, businessNumber } = desk.deps;
  const { contact } = input;
  const reservation = await reserve(desk, input);
  if (!reservation.ok) {
    const { reason, permission } = reservation;
    return { outcome: needsPermission(reason) ? 'needs_permission' : 'blocked', reason, contact, permission };
  }
  const { expiresAt } = reservation.permission;
  if (expiresAt !== undefined) desk.sweeper.expect(expiresAt);
  const call = register(desk, input, reservation);
  // Side by side: the provider's answer takes no longer than getting the audio ready.
  const { doubts } = reservation;
  const [offer, truth] = await Promise.all([
    prepareMedia(desk, call),
    consult(desk, contact, viewOf(reservation), doubts),
  ]);
  const contradicted = truth === undefined ? undefined : await contradiction(desk, input, truth);
  if (contradicted !== undefined) {
    await forget(desk, call, 'the provider contradicts the store');
    return refusedByTruth(desk, input, contradicted);
  }
  const reason = await ledger.stillAllowed(call.id).catch(async (error: unknown) => {
    await forget(desk, call, 'the store could not be asked');
    throw error;
  });
  if (reason !== undefined) {
    await forget(desk, call, 'the person has opted out');
    return { outcome: 'blocked', reason, contact, permission: await ledger.status(businessNumber.id, contact) };
  }
  if (desk.closed || call.state.name === 'ended') {
    await forget(desk, call, 'ended before it was sent');
    throw desk.closed ? closedError() : endedEarlyError();
  }
  desk.apply(call, { kind: 'placing' });
  const result = await send(desk, call, input, reservation, offer);
  if (truth !== undefined && result.outcome === 'placed' && !call.told) {
    for (const text of truth.news) tellCall(desk, call, { event: 'warning', text });
  }
  if (result.outcome === 'placed') tellFindings(desk, call);
  return result;
}

function viewOf({ permission, limits: callLimits, toldLimits }: CallReservation): Ours {
  return { permission, callLimits, ...(toldLimits === undefined ? {} : { toldLimits }) };
}

/** A refusal for want of permission may come from a store that has not heard of one, and a limit may be larger than it knows. */
async function reserve(desk: Desk, { contact, purpose, origin }: PlaceInput): Promise<CallReservation> {
  const { ledger, businessNumber } = desk.deps;
  const intent = { businessNumber, contact, purpose, origin };
  const first = await ledger.reserveCall(intent);
  if (first.ok) return first;
  const tooMany = first.reason.code === 'connected_call_limit' && first.doubts?.includes('limit_full') === true;
  if (!tooMany && !needsPermission(first.reason)) return first;
  const truth = await consult(desk, contact, viewOf(first), first.doubts);
  return truth?.corrected === true ? ledger.reserveCall(intent) : first;
}

function checkInput(desk: Desk, input: PlaceInput): void {
  const { ringSeconds, maxSeconds } = input;
  if (desk.closed) throw closedError();
  if (!Number.isFinite(ringSeconds) || ringSeconds <= 0)
    throw new CallError('call_failed', 'The ringing time is not a number of seconds above 0.', 'Set for example 45.');
  if (!Number.isFinite(maxSeconds) || maxSeconds < 0)
    throw new CallError('call_failed', 'The longest duration is not a number of seconds.', 'Set 0 for no limit.');
  const { provider, media } = desk.deps;
  if (!provider.capabilities.placeCall)
    throw new CallError('call_failed', `${provider.name} cannot place calls.`, 'Choose another provider.');
  if (isCaptured(input) && provider.capabilities.captures !== true)
    throw new CallError(
      'call_failed',
      `${provider.name} does not record or transcribe calls.`,
      'Record here instead, with the node media.',
    );
  if (provider.capabilities.media === 'webrtc' && media === undefined)
    throw new CallError('call_failed', 'Calls need audio, and there is no media engine.', 'Restart Node-RED.');
}

/** Whether the provider is told to keep something of a call, which it announces to the person. */
function isCaptured({ captures }: PlaceInput): boolean {
  return captures?.recording !== undefined || captures?.transcription !== undefined;
}

function closedError(): CallError {
  return new CallError(
    'call_failed',
    'The call was not placed, because its configuration is being closed.',
    'Place it again after the deploy.',
  );
}

function endedEarlyError(): CallError {
  return new CallError(
    'call_failed',
    'The call was ended, or lost its audio, before it was sent.',
    'Check the log for media errors, then place it again.',
  );
}

/** From here on webhooks find the call: they echo its id, and may come before the provider's reply. */
function register(
  desk: Desk,
  input: PlaceInput,
  { reservationId: id, warnings }: Extract<CallReservation, { ok: true }>,
): LiveCall {
  const { contact, purpose, origin, ringSeconds, maxSeconds } = input;
  const { businessNumber, provider, now } = desk.deps;
  const media = provider.capabilities.media;
  const state = reservedCall({ id, contact, businessNumber, purpose, startedAt: now(), media });
  const call = liveCall(state, {
    origin,
    ringMs: ringSeconds * 1000,
    maxMs: maxSeconds * 1000,
    ...(warnings === undefined ? {} : { warnings }),
  });
  if (isCaptured(input)) call.announced = true;
  desk.registry.add(call);
  return call;
}

/** Leg and offer. Without them nothing is sent, and the reservation is given back. */
async function prepareMedia(desk: Desk, call: LiveCall): Promise<string | undefined> {
  const { media, legOptions, provider } = desk.deps;
  if (media === undefined || provider.capabilities.media === 'none') return undefined;
  try {
    const leg = await media.createLeg(call.id, legOptions);
    call.leg = leg;
    listen(desk, call, leg);
    return await leg.createOffer();
  } catch (error) {
    await forget(desk, call, 'no audio');
    throw error;
  }
}

/** Nothing was sent: no trace in the registry, the use is given back. */
async function forget(desk: Desk, call: LiveCall, why: string): Promise<void> {
  desk.apply(call, { kind: 'end', cause: 'flow' });
  await call.over;
  // A leg that came to be after the end was not closed with it.
  await call.leg?.close().catch(() => {});
  desk.registry.remove(call.id);
  await settle(desk, call, { state: 'released', why });
}

function settle(desk: Desk, call: LiveCall, settlement: Settlement): Promise<boolean> {
  return durably(desk, `How placing call ${call.id} went`, () => desk.deps.ledger.settle(call.id, settlement));
}

async function send(
  desk: Desk,
  call: LiveCall,
  { contact, captures }: PlaceInput,
  { permission }: Extract<CallReservation, { ok: true }>,
  offer: string | undefined,
): Promise<PlaceResult> {
  try {
    const outbound = {
      contact,
      correlationId: call.id,
      ...(offer === undefined ? {} : { offer }),
      ...(captures === undefined ? {} : { captures }),
    };
    const { callId } = await desk.deps.provider.placeCall(outbound);
    desk.apply(call, { kind: 'placed', callId });
    await settle(desk, call, { state: 'consumed', providerId: callId });
    return { outcome: 'placed', call: view(call) };
  } catch (error) {
    if (!(error instanceof ProviderError) || error.outcome === 'unknown') {
      desk.deps.log('warn', `Whether call ${call.id} was placed is unknown: ${told(error)}`);
      desk.apply(call, { kind: 'place_unknown' });
      await settle(desk, call, { state: 'unknown', why: told(error) });
      const proved = 'heard' in call.state && call.state.heard.callId !== undefined;
      return { outcome: 'placed', call: view(call), ...(proved ? {} : { doubt: error }) };
    }
    desk.apply(call, { kind: 'place_refused' });
    // A webhook has proved the call although the reply denies it.
    if ('heard' in call.state && call.state.heard.callId !== undefined) return { outcome: 'placed', call: view(call) };
    await settle(desk, call, { state: 'released', why: error.code });
    await call.over;
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    const learned = await learnRefusal(desk, contact, refusal);
    return needsPermission(learned.reason)
      ? { outcome: 'needs_permission', contact, permission, ...learned }
      : { outcome: 'blocked', contact, permission, ...learned };
  }
}
