import type { CallView } from '../call/call.ts';
import { incomingCall } from '../call/state.ts';
import type { StoredCall } from '../ledger/ledger.ts';
import type { CallEvent } from '../provider/event.ts';
import { prepareAnswer } from './answer.ts';
import type { Offered } from './attendance.ts';
import { type AppendedCall, type Desk, inBackground, tellCall } from './desk.ts';
import { durably } from './durably.ts';
import { type LiveCall, liveCall, view } from './live-call.ts';
import { told } from './patience.ts';
import { refuseByPlan } from './refuse.ts';

type Offer = Extract<CallEvent, { type: 'call.connect' }>;

/** Somebody calls us. Events of the same call wait until it is known whose it is. */
export function arrive(desk: Desk, { event }: AppendedCall & { event: Offer }): 'done' | 'later' {
  if (desk.arriving.has(event.callId)) return 'done';
  desk.arriving.add(event.callId);
  inBackground(
    desk,
    'A call from outside',
    take(desk, event)
      .finally(() => desk.arriving.delete(event.callId))
      .then(() => durably(desk, 'An event handed out', () => desk.deps.ledger.dispatched([event.id]))),
  );
  return 'later';
}

/**
 * Makes the call ours, if an answer node wants it, and lets it ring. What nobody wants or what is too old is left alone: WhatsApp
 * ends it by itself, and the ledger has it. Of several instances the one that claims it holds it.
 */
async function take(desk: Desk, event: Offer): Promise<void> {
  const { log, now } = desk.deps;
  const why = unusable(desk, event);
  if (why !== undefined) return log('info', `A call from outside is left alone: ${why}.`);
  await desk.attendance.somebody(desk.settings.attendWaitMs);
  const offered = desk.attendance.consider(preview(desk, event));
  if (offered.length === 0) return log('info', 'A call from outside is left alone: no answer node wants it.');
  if (now() - event.at > desk.settings.offerFreshMs || desk.closed) return;
  const stored = await claim(desk, event);
  if (stored !== undefined) ring(desk, event, stored, offered);
}

function unusable({ deps, settings, closed }: Desk, event: Offer): string | undefined {
  const { provider, media, now } = deps;
  if (closed) return 'the configuration is being closed';
  if (!provider.capabilities.answerCall) return `${provider.name} cannot answer calls`;
  if (event.contact === undefined) return 'it does not say who calls';
  if (now() - event.at > settings.offerFreshMs) return 'it is too old to be ringing still';
  if (provider.capabilities.media === 'none') return undefined;
  if (media === undefined) return 'there is no media engine';
  return event.session?.type === 'offer' ? undefined : 'it has no session description';
}

async function claim({ deps }: Desk, { callId }: Offer): Promise<StoredCall | undefined> {
  const { ledger, log } = deps;
  try {
    const stored = await ledger.claimCall(callId);
    if (stored === undefined) log('debug', 'A call from outside is over already, or another instance has it.');
    return stored;
  } catch (error) {
    log('error', `A call from outside could not be taken, because it could not be written down: ${told(error)}`);
    return undefined;
  }
}

function ring(desk: Desk, event: Offer, stored: StoredCall, offered: Offered[]): void {
  const { businessNumber, provider } = desk.deps;
  const wanting = offered.filter(({ plan }) => plan.answer !== 'refuse');
  const prepares = wanting.some(({ plan }) => plan.preAccept);
  const { callId, at: connectAt, session } = event;
  const state = incomingCall({
    ...{ id: stored.reservationId, callId, contact: stored.contact, businessNumber, purpose: stored.purpose },
    ...{ startedAt: stored.reservedAt, connectAt, media: provider.capabilities.media, prepares },
  });
  const call = liveCall(state, { ringMs: desk.settings.inboundRingMs, maxMs: 0 });
  call.incoming = { offer: session?.sdp ?? '', offered };
  desk.registry.add(call);
  const early = desk.registry.learn(call.id, callId);
  if (wanting.length === 0) refuseByPlan(desk, call, offered);
  else begin(desk, call, { wanting, prepares });
  // The person may have hung up before we knew whose call it was.
  for (const item of early) desk.react(item);
}

function begin(desk: Desk, call: LiveCall, { wanting, prepares }: { wanting: Offered[]; prepares: boolean }): void {
  call.timers.start('ring', call.ringMs, () => desk.apply(call, { kind: 'end', cause: 'ring_timeout' }));
  tellCall(desk, call, { event: 'ringing' });
  if (prepares && isRinging(call)) prepareAnswer(desk, call);
  const automatic = wanting.filter(({ plan }) => plan.answer === 'automatic');
  const [soonest] = automatic.sort((one, other) => one.plan.afterSeconds - other.plan.afterSeconds);
  if (soonest === undefined) return;
  call.timers.start('answer', soonest.plan.afterSeconds * 1000, () => {
    // In a deploy the node may have gone: then nobody would speak.
    const present = automatic.find(({ owner }) => desk.attendance.has(owner));
    if (present === undefined || call.origin !== undefined) return;
    call.origin = { nodeId: present.owner };
    call.maxMs = present.plan.maxSeconds * 1000;
    desk.apply(call, { kind: 'accept' });
  });
}

function isRinging({ state }: LiveCall): boolean {
  return state.name === 'incoming';
}

/** The call as attendants see it while it is not ours yet. */
function preview({ deps }: Desk, { callId, contact = {}, at }: Offer): CallView {
  return view(
    liveCall(
      incomingCall({
        ...{ id: callId, callId, contact, businessNumber: deps.businessNumber, purpose: '', startedAt: at },
        ...{ connectAt: at, media: 'none', prepares: false },
      }),
      { ringMs: 0, maxMs: 0 },
    ),
  );
}
