import type { CallView } from '../call/call.ts';
import type { CallState } from '../call/state.ts';
import { viewOf } from '../call/view.ts';
import type { Leg, LegStatistics } from '../media/media.ts';
import type { Reason } from '../permission/model.ts';
import type { Offered, Refusal } from './attendance.ts';
import { CallTimers } from './call-timers.ts';

/** A call with what belongs to it in this process. The state is plain data; everything live hangs here. */
export interface LiveCall {
  readonly id: string;
  state: CallState;
  /** Who placed it; of a call to us, who took or refused it. */
  origin?: { nodeId: string; data?: unknown };
  /** Told with every event of the call. A crash forgets them; the audit does not. */
  readonly warnings?: Reason[];
  readonly ringMs: number;
  /** 0: no limit. */
  maxMs: number;
  readonly timers: CallTimers;
  leg?: Leg;
  /** Of a call to us: the person's description, and to whom the call was offered. */
  incoming?: { offer: string; offered: readonly Offered[] };
  /** Of a call to us: our description, the same for `pre_accept` and `accept`. */
  answer?: Promise<string>;
  /** Of a call to us: why it is refused. */
  refusal?: Refusal;
  /** Resolves when a call to us was taken. */
  readonly taken: Promise<void>;
  markTaken(): void;
  /** The person has been told that the call is recorded, by a prompt or by the provider. */
  announced?: boolean;
  /** Recordings that are being written into the call's record; *ended* waits for them. */
  readonly noting: Set<Promise<unknown>>;
  /** What the audio was like, known at the end. */
  media?: LegStatistics;
  /** Warnings from before the call was placed. */
  readonly untold: string[];
  /** Stops the tries to terminate. */
  terminating?: AbortController;
  /** Cuts short the wait for stragglers once one of them came. */
  settling?: AbortController;
  /** Another instance has it now: nothing that happens to it here counts any more. */
  disowned?: true;
  /** *ended* was told. */
  told: boolean;
  /** Resolves when *ended* was told, or when the switchboard had to let go of the call. */
  readonly over: Promise<void>;
  markOver(): void;
  /** Webhooks that count as handed out only once *ended* was told. */
  readonly undispatched: string[];
}

export function liveCall(
  state: CallState,
  options: { origin?: { nodeId: string; data?: unknown }; warnings?: Reason[]; ringMs: number; maxMs: number },
): LiveCall {
  const over = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<void>();
  return {
    id: state.id,
    state,
    ...options,
    timers: new CallTimers(),
    untold: [],
    noting: new Set(),
    told: false,
    taken: taken.promise,
    markTaken: taken.resolve,
    over: over.promise,
    markOver: over.resolve,
    undispatched: [],
  };
}

export function view(call: LiveCall): CallView {
  return { ...viewOf(call.state), ...(call.media === undefined ? {} : { media: call.media }) };
}
