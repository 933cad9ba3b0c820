import type { CallView } from '../call/call.ts';
import type { Instant } from '../permission/model.ts';
import type { Captures } from '../provider/provider.ts';

/** Why a call to us is refused, in words for flows. */
export interface Refusal {
  /** `outside_hours`, `holiday`, `refused`, or what a flow gives. */
  code: string;
  text: string;
  nextStep: string;
}

/** What an attendant does about one call. */
export interface AnswerPlan {
  /** `flow`: somebody will say (`Switchboard.accept`, `refuse`). */
  answer: 'automatic' | 'flow' | 'refuse';
  /** `automatic`: after so many seconds of ringing. */
  afterSeconds: number;
  /** Connect the sound while it rings, so that the first words are not clipped. */
  preAccept: boolean;
  /** We hang up after this time of conversation; 0: never. */
  maxSeconds: number;
  /** What the provider shall keep of the call; it announces that itself. */
  captures?: Captures;
  /** `refuse`: why. */
  refusal?: Refusal;
  /** `refuse`: a message that the person gets; at most one an hour. */
  text?: string;
  /** If nobody takes the call, the person is put on the list of those to be called back. */
  callback?: 'missed_call' | 'outside_hours';
  /** Not before this moment, ms since 1970 UTC. */
  callbackDue?: Instant;
}

/** Somebody who takes calls to a number: an answer node. */
export interface Attendant {
  /** Asked once for each call, when it begins to ring. Undefined: not for me. Must not throw. */
  consider(call: CallView): AnswerPlan | undefined;
}

export interface Offered {
  owner: string;
  plan: AnswerPlan;
}

/** Who takes calls to one number, by owner. */
export class Attendance {
  readonly #attendants = new Map<string, Attendant>();
  readonly #waiting = new Set<() => void>();

  /** @param owner who attends, for example a node's id: its second attendant takes the place of the first */
  attend(owner: string, attendant: Attendant): () => void {
    this.#attendants.set(owner, attendant);
    for (const wake of [...this.#waiting]) wake();
    return () => {
      if (this.#attendants.get(owner) === attendant) this.#attendants.delete(owner);
    };
  }

  has(owner: string): boolean {
    return this.#attendants.has(owner);
  }

  consider(call: CallView): Offered[] {
    return [...this.#attendants].flatMap(([owner, attendant]) => {
      const plan = attendant.consider(call);
      return plan === undefined ? [] : [{ owner, plan }];
    });
  }

  /** Resolves when somebody attends, or after `ms`: right after a start the flows may not be there yet. */
  async somebody(ms: number): Promise<void> {
    if (this.#attendants.size > 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms).unref();
    this.#waiting.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }
}
