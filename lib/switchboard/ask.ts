import type { RequestReservation } from '../ledger/ledger.ts';
import type { Permission } from '../permission/model.ts';
import { reasonFor } from '../permission/reason-text.ts';
import { type PermissionRequest, ProviderError } from '../provider/provider.ts';
import { consult } from './consult.ts';
import type { Desk } from './desk.ts';
import { durably } from './durably.ts';
import { learnRefusal } from './learn-refusal.ts';
import { told } from './patience.ts';
import { needsPermission, refusalOf } from './refusal.ts';
import type { AskInput, AskResult } from './switchboard.ts';
import { tellEarlyStatus } from './tell-message-status.ts';

/**
 * Asks a person for permission to call, if that is allowed and needed. Refusals are results; faults are thrown
 * (`ProviderError`, `LedgerError`). A request whose result is unknown counts against the limits and is not repeated.
 */
export async function ask(desk: Desk, input: AskInput): Promise<AskResult> {
  const { ledger, businessNumber } = desk.deps;
  const { contact, purpose, via, promisedBy } = input;
  await consultFirst(desk, input);
  const granted = await alreadyGranted(desk, input);
  if (granted !== undefined) return { outcome: 'already_granted', contact, permission: granted };
  const reservation = await ledger.reserveRequest({
    businessNumber,
    contact,
    purpose,
    via,
    hasTemplate: input.template !== undefined,
    ...(promisedBy === undefined ? {} : { promisedBy }),
  });
  if (!reservation.ok) {
    const { reason, permission } = reservation;
    return { outcome: 'blocked', reason, contact, permission };
  }
  return send(desk, input, reservation);
}

/** What the person allowed, or was asked, without our hearing of it is found before they are bothered. */
async function consultFirst(desk: Desk, { contact, purpose }: AskInput): Promise<void> {
  const { ledger, businessNumber, liveCheck, provider } = desk.deps;
  if (liveCheck === 'never' || !provider.capabilities.queryPermission) return;
  const ours = await ledger.explain(businessNumber, contact, purpose);
  if (ours.requestReason?.code === 'do_not_call') return;
  // What our own count forbids stays forbidden unless the provider allows more than the rules do; else only a permission
  // that nobody told us of could make the request needless.
  const counted = ours.requestReason?.code.startsWith('request_limit_') === true;
  const doubts = ours.doubts?.filter(
    (doubt) => ours.canRequest || doubt === 'own_conclusion' || (counted && doubt === 'limit_full'),
  );
  await consult(desk, contact, ours, doubts);
}

/**
 * A permission that is in force needs no second question: an open one could even end it. Do-not-call beats it. The
 * same rules decide as for a call: were they to differ at the window's edge, a flow that asks when it may not call
 * would go round in circles.
 */
async function alreadyGranted(desk: Desk, { contact, purpose }: AskInput): Promise<Permission | undefined> {
  const { ledger, businessNumber } = desk.deps;
  const permission = await ledger.status(businessNumber.id, contact);
  if (permission.status !== 'granted') return undefined;
  const { callReason } = await ledger.explain(businessNumber, contact, purpose);
  if (callReason !== undefined && (callReason.code === 'do_not_call' || needsPermission(callReason))) return undefined;
  if (permission.expiresAt !== undefined) desk.sweeper.expect(permission.expiresAt);
  return permission;
}

async function send(
  desk: Desk,
  input: AskInput,
  { reservationId, via, permission, warnings }: Extract<RequestReservation, { ok: true }>,
): Promise<AskResult> {
  const { ledger, provider, businessNumber } = desk.deps;
  const settle = (settlement: Parameters<typeof ledger.settle>[1]): Promise<boolean> =>
    durably(desk, 'How a permission request went', () => ledger.settle(reservationId, settlement));
  const request: PermissionRequest = {
    contact: input.contact,
    via,
    ...(via === 'freeform' && input.text !== undefined ? { text: input.text } : {}),
    ...(via === 'template' && input.template !== undefined ? { template: input.template } : {}),
  };
  const stop = new AbortController();
  desk.asking.set(reservationId, stop);
  const optedOut = (): AskResult => ({
    outcome: 'blocked',
    reason: reasonFor('do_not_call'),
    contact: input.contact,
  });
  try {
    const unfit =
      request.template && (await desk.templates.refusal(request.template.name, request.template.language, stop.signal));
    if (unfit !== undefined) {
      await settle({ state: 'released', why: unfit.code });
      return stop.signal.aborted ? optedOut() : { outcome: 'blocked', reason: unfit, contact: input.contact };
    }
    const sent = await provider.requestPermission(request, stop.signal);
    const contact = { ...input.contact, ...sent.contact };
    const early = desk.deliveries.sent({
      requestId: sent.requestId,
      at: desk.deps.now(),
      contact,
      purpose: input.purpose,
      ...(request.template === undefined ? {} : { template: request.template.name }),
    });
    await settle({
      state: 'consumed',
      providerId: sent.requestId,
      ...(sent.contact === undefined ? {} : { contact: sent.contact }),
    });
    const after = await ledger.status(businessNumber.id, contact).catch((error: unknown) => {
      desk.deps.log('warn', `The permission after a request could not be read: ${told(error)}`);
      return { ...permission, status: 'pending' as const, requestId: sent.requestId };
    });
    tellEarlyStatus(desk, early);
    return {
      outcome: 'requested',
      requestId: sent.requestId,
      contact,
      permission: after,
      ...(warnings === undefined ? {} : { warnings }),
    };
  } catch (error) {
    if (!(error instanceof ProviderError) || error.outcome === 'unknown') {
      await settle({ state: 'unknown', why: told(error) });
      if (stop.signal.aborted) return optedOut();
      throw error;
    }
    await settle({ state: 'released', why: error.code });
    if (stop.signal.aborted) return optedOut();
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    const learned = await learnRefusal(desk, input.contact, refusal);
    const { permission: now } = learned;
    // 138017: the person allowed it in the profile, and we had not heard of it. Nothing is left to ask.
    if (refusal.says === 'permanent' && now?.status === 'granted')
      return { outcome: 'already_granted', contact: input.contact, permission: now };
    return { outcome: 'blocked', contact: input.contact, ...learned };
  } finally {
    desk.asking.delete(reservationId);
  }
}
