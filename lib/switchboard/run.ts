import type { CallEffect, Step, TimerName } from '../call/effect.ts';
import type { CallInput } from '../call/input.ts';
import { heardOf } from '../call/state.ts';
import { transition } from '../call/transition.ts';
import { sendAccept } from './answer.ts';
import { concludeCall } from './conclude.ts';
import { type Desk, inBackground, tellCall } from './desk.ts';
import { hangUp, refuse } from './hang-up.ts';
import type { LiveCall } from './live-call.ts';
import { mediaFault } from './media-fault.ts';
import { noteAnswered } from './note-answered.ts';
import { reactToCall } from './react-to-call.ts';

/** Moves a call and does what follows from it. When it returns, the new state is visible to everybody. */
export function apply(desk: Desk, call: LiveCall, input: CallInput): void {
  if (call.disowned === true) return;
  enact(desk, call, transition(call.state, input, desk.deps.now()));
}

/** Takes a step that has been decided. */
export function enact(desk: Desk, call: LiveCall, step: Step): void {
  call.state = step.state;
  for (const effect of step.effects) perform(desk, call, effect);
  const { callId, acceptedAt, rejectedAt } = heardOf(call.state);
  if (acceptedAt !== undefined || rejectedAt !== undefined) call.settling?.abort();
  if (callId === undefined) return;
  // Webhooks that came before we knew whose they were; after the effects, so that *placed* is told before *ringing*.
  for (const early of desk.registry.learn(call.id, callId)) reactToCall(desk, early);
}

function perform(desk: Desk, call: LiveCall, effect: CallEffect): void {
  switch (effect.do) {
    case 'emit':
      tellCall(desk, call, { event: effect.event, ...('text' in effect ? { text: effect.text } : {}) });
      if (effect.event === 'answered') noteAnswered(desk, call);
      break;
    case 'apply_answer':
      applyAnswer(desk, call, effect.sdp);
      break;
    case 'open_gate':
      call.leg?.accepted();
      call.markTaken();
      break;
    case 'terminate':
      inBackground(desk, `Ending call ${call.id}`, hangUp(desk, call, effect.callId));
      break;
    case 'accept':
      inBackground(desk, `Taking call ${call.id}`, sendAccept(desk, call, effect.callId));
      break;
    case 'refuse':
      inBackground(desk, `Refusing call ${call.id}`, refuse(desk, call, effect.callId));
      break;
    case 'start_timer':
      startTimer(desk, call, effect.timer);
      break;
    case 'stop_timer':
      call.timers.stop(effect.timer);
      break;
    case 'conclude':
      inBackground(desk, `Finishing call ${call.id}`, concludeCall(desk, call, effect));
      break;
  }
}

function applyAnswer(desk: Desk, call: LiveCall, sdp: string): void {
  call.leg?.applyAnswer(sdp).catch((error: unknown) => {
    desk.apply(call, { kind: 'media_lost', error: mediaFault(error) });
  });
}

function startTimer(desk: Desk, call: LiveCall, timer: TimerName): void {
  const { ms, input } = whenExpired(desk, call, timer);
  // 0 is "never" for the longest duration; the others are above 0.
  if (timer !== 'maximum' || ms > 0) call.timers.start(timer, ms, () => desk.apply(call, input));
}

function whenExpired({ settings, webhookWaitMs }: Desk, call: LiveCall, timer: TimerName): Expiry {
  switch (timer) {
    case 'ring':
      return { ms: call.ringMs, input: { kind: 'end', cause: 'ring_timeout' } };
    case 'answer':
      return { ms: 0, input: { kind: 'accept' } };
    case 'maximum':
      return { ms: call.maxMs, input: { kind: 'end', cause: 'maximum_duration' } };
    case 'media_warning':
      return { ms: settings.mediaWarningMs, input: { kind: 'media_slow' } };
    case 'media_limit':
      return { ms: settings.mediaLimitMs, input: { kind: 'media_missing' } };
    case 'webhook':
      return { ms: webhookWaitMs, input: { kind: 'end_overdue' } };
    case 'unknown':
      return { ms: settings.unknownWaitMs, input: { kind: 'unknown_expired' } };
  }
}

interface Expiry {
  ms: number;
  input: CallInput;
}
