import type { Script } from './call-script.ts';
import type { Wanted } from './captures.ts';
import type { Timer } from './clock.ts';
import type { Person } from './people.ts';
import type { Direction } from './webhook-payload.ts';

export type CallOutcome = 'completed' | 'declined' | 'no_answer' | 'cancelled' | 'failed';

/** A call as the simulator plays it. Times are milliseconds. */
export interface Call {
  readonly id: string;
  readonly person: Person;
  readonly direction: Direction;
  readonly placedAt: number;
  /** The business's own data, echoed in every webhook. */
  opaque?: string;
  script: Script;
  state: 'placed' | 'ringing' | 'connecting' | 'in_call' | 'ended';
  rang: boolean;
  pickedUpAt?: number;
  endedAt?: number;
  outcome?: CallOutcome;
  /** The person put the ringing phone away. */
  ignored: boolean;
  /** What the business wants kept of it. */
  captures?: Wanted;
  /** A relay leg exists. */
  media: boolean;
  /** Something of the business's voice came through. */
  heard: boolean;
  /** Sends ACCEPTED, as long as it is still due. */
  accepted?: () => void;
  readonly timers: Map<string, Timer>;
  /** Session description of the business that was accepted beforehand (`pre_accept`). */
  preAccepted?: string;
}

export function newCall(id: string, person: Person, direction: Direction, placedAt: number, script: Script): Call {
  return {
    id,
    person,
    direction,
    placedAt,
    script,
    state: 'placed',
    rang: false,
    ignored: false,
    media: false,
    heard: false,
    timers: new Map(),
  };
}

/** Stops everything the call had planned, except what is named. */
export function cancelTimers(call: Call, ...keep: string[]): void {
  for (const [name, timer] of call.timers) {
    if (keep.includes(name)) continue;
    timer.cancel();
    call.timers.delete(name);
  }
}
