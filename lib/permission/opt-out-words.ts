import { EASTERN } from './opt-out-words-eastern.ts';
import { GERMANIC } from './opt-out-words-germanic.ts';
import { ROMANCE } from './opt-out-words-romance.ts';
import { SLAVIC } from './opt-out-words-slavic.ts';

/**
 * How people of one language say that they do not want to be called. `(a|b|)` stands for each of its parts, the empty one
 * too. Case, accents, punctuation and apostrophes do not matter.
 */
export interface LanguageWords {
  /** BCP 47 primary tag. */
  language: string;
  /** Short words that mean it only if they are the whole message: "stop" yes, "stop by" no. */
  words: string[];
  /** Mean it as a whole sentence: "do not call me" yes, "do not call me before nine" no. */
  phrases: string[];
  /** Mean it also as a part between commas: "I am at work, stop calling me". */
  firm: string[];
  /** What may stand before and after without changing the meaning. */
  around: string[];
  /** Turns a question into a request: "can you stop calling me?". */
  asks: string[];
  /** A sentence that begins so speaks of a case: "if I do not answer, do not call me again". */
  conditions: string[];
  /** Real words that look like a typing error of one above: Spanish "no me llamas" is a complaint, "no me llames" an opt-out. */
  notTypos: string[];
  /** The confirmation, if the business has set none of its own. */
  confirmation: string;
}

/** Every language we know. `cancel`, `end` and `quit` are left to the user: in most chats they answer a menu. */
export const OPT_OUT_WORDS: readonly LanguageWords[] = [...GERMANIC, ...ROMANCE, ...SLAVIC, ...EASTERN];
