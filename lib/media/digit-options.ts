import type { PlayOptions } from './media.ts';

export interface DigitOptions {
  /** Most digits; with the last of them it is over. 0: no end by number, each press is told as it comes. */
  length: number;
  /** Fewer than this are too few and lead to another try. Default 1. */
  least?: number;
  /** Ends the entry and is not part of it, `#` if left out; an empty text: none. */
  terminator?: string;
  /** Digits that are taken, such as `123`; another one makes a wrong entry. All, if left out. */
  allowed?: string;
  /** Wait for the first digit from the end of the prompt on, ms; 5000 if left out. 0: for ever. */
  firstDigitMs?: number;
  /** Wait between two digits, ms; 3000 if left out. */
  interDigitMs?: number;
  /** How often it is tried, 1 if left out. */
  tries?: number;
  /** Said before each try; a key cuts it short. */
  prompt?: PlayOptions['source'];
  /** Said before the later tries instead. */
  retryPrompt?: PlayOptions['source'];
  /** Nothing but the result has these digits: no event, no agent, no opt-out key. */
  secret?: boolean;
}

export type DigitNews = {
  kind: 'digit';
  /** How many there are in this try. */
  count: number;
  /** Not if it is secret. */
  digit?: string;
  durationMs?: number;
};

export interface DigitResult {
  digits: string;
  /**
   * `length`, `terminator`, `timeout` (between two digits, with enough of them): an entry. `no_digits`, `too_few`, `wrong`: none, as the last try
   * ended. `replaced`: newer digits were asked for.
   */
  result:
    | 'length'
    | 'terminator'
    | 'timeout'
    | 'no_digits'
    | 'too_few'
    | 'wrong'
    | 'replaced'
    | 'stopped'
    | 'call_ended';
  tries: number;
}
