import type { Voice } from './relay-contract.ts';

/**
 * How a person takes a call. `interactive` waits for the person: the phone page, or the control API.
 * The others are the scripts of meta-cloud-api.md §15.
 */
export const SCRIPTS = [
  'interactive',
  'answers',
  'declines',
  'no_answer',
  'offline',
  'no_media',
  'client_failure',
] as const;
export type ScriptName = (typeof SCRIPTS)[number];

export interface Script {
  name: ScriptName;
  /** What the person says after picking up. Default: a tone. */
  voice?: Voice;
  /** Seconds from the API's reply until the person picks up or declines. */
  afterSeconds?: number;
  /** The person hangs up after so much conversation. Without it the business has to. */
  talkSeconds?: number;
  /** Error of a client failure: 138019 (set-up failed) or 138020 (relay connection failed). */
  failure?: 138019 | 138020;
}

/** Seconds after the API's reply, or after the step before. Observed and documented values, meta-cloud-api.md §9.7 and §15. */
export const TIMES = {
  connect: 0.8,
  ringing: 1.5,
  pickUp: 7,
  acceptedAfterPickUp: 0.3,
  decline: 5,
  terminateAfter: 0.2,
  clientFailure: 4,
  /** The person's client drops a call in which nothing came from the business, counted from pick-up. */
  noMediaAtStart: 20,
  /** The same in the middle of a call. */
  noMediaLater: 30,
  automaticRevoke: 1,
  messageSent: 0.3,
  messageDelivered: 0.6,
  messageRead: 1.2,
  personReplies: 2,
  templateReview: 2,
} as const;

export type Step = 'connect' | 'ringing' | 'pick_up' | 'decline' | 'ring_timeout' | 'client_failure';

/** What happens when, in seconds after the API's reply, until the person or the business does something. */
export function steps(script: Script, ringSeconds: number): { at: number; step: Step }[] {
  const connect = { at: TIMES.connect, step: 'connect' as const };
  const ringing = { at: TIMES.ringing, step: 'ringing' as const };
  const timeout = { at: ringSeconds, step: 'ring_timeout' as const };
  const own = (usual: number) => Math.max(script.afterSeconds ?? usual, TIMES.ringing);
  switch (script.name) {
    case 'interactive':
    case 'no_answer':
      return [connect, ringing, timeout];
    case 'answers':
    case 'no_media':
      return [connect, ringing, { at: own(TIMES.pickUp), step: 'pick_up' }, timeout];
    case 'declines':
      return [connect, ringing, { at: own(TIMES.decline), step: 'decline' }, timeout];
    case 'offline':
      return [connect, timeout];
    case 'client_failure':
      return [connect, { at: script.afterSeconds ?? TIMES.clientFailure, step: 'client_failure' }];
  }
}
