import type { CallState } from './state.ts';

/** `ring`: until the person answers, or we do; `answer`: until we answer by ourselves; `media_*`: until audio is up; `webhook`: until the terminate webhook; `unknown`: until a webhook proves the call. */
export type TimerName = 'ring' | 'answer' | 'maximum' | 'media_warning' | 'media_limit' | 'webhook' | 'unknown';

/** What has to be done because of a transition. The switchboard does it, in this order. */
export type CallEffect =
  | { do: 'emit'; event: 'placed' | 'connect' | 'ringing' | 'accepted' | 'answered' | 'rejected' }
  | { do: 'emit'; event: 'warning'; text: string }
  | { do: 'apply_answer'; sdp: string }
  /** The person has picked up: playing may begin. */
  | { do: 'open_gate' }
  | { do: 'terminate'; callId: string }
  /** Takes a call to us; the reply is the input `accept_confirmed` or `accept_failed`. */
  | { do: 'accept'; callId: string }
  /** Ends a call to us that we have not taken. */
  | { do: 'refuse'; callId: string }
  | { do: 'start_timer'; timer: TimerName }
  | { do: 'stop_timer'; timer: TimerName }
  /**
   * The call is over: stop all timers, close the leg. At most once per call.
   * `announce`: flows hear *ended* (not for a call that was never placed). `tellLedger`: no webhook told the ledger.
   * `settle`: stragglers may still change the outcome, wait a moment for them.
   */
  | { do: 'conclude'; announce: boolean; tellLedger: boolean; settle: boolean };

/** Where a call is after something happened, and what has to be done because of it. */
export interface Step {
  state: CallState;
  effects: CallEffect[];
}
