import type { ReasonMessage } from '../messages.ts';
import type { Look } from '../status.ts';

/** What an action came to: which output, what the message gets and loses, and what the node shows. */
export interface Outcome {
  to: 'result' | 'refused';
  set: Record<string, unknown>;
  drop?: string[];
  status: { look: Look; key: string; count?: number };
}

/** Codes of refusals that no rule of permission makes. As stable as those of `lib/permission/model.ts`. */
export type RefusalCode = 'confirmation_missing' | 'contact_unknown' | 'not_on_list' | 'audit_broken';

const SENTENCES: Record<RefusalCode, Pick<ReasonMessage, 'text' | 'nextStep'>> = {
  confirmation_missing: {
    text: 'Forgetting a person cannot be undone, and nobody has confirmed it.',
    nextStep: 'Set msg.confirm to true in the message that asks for it, or tick "Erase without asking" in the node.',
  },
  contact_unknown: {
    text: 'Nobody is known here by this number or id.',
    nextStep: 'Check the number with its country code. There is nothing to do if it is right.',
  },
  not_on_list: {
    text: 'This person is not on the do-not-call list.',
    nextStep: 'There is nothing to lift. If they cannot be called, look them up: msg.explanation says why.',
  },
  audit_broken: {
    text: 'The audit is not as it was written.',
    nextStep:
      'Keep the store as it is, find out who had access to it, and compare it with a backup or an earlier export.',
  },
};

/** A refusal in words. @param detail a sentence more */
export function refusal(code: RefusalCode, detail?: string): ReasonMessage {
  const { text, nextStep } = SENTENCES[code];
  return { code, text: detail === undefined ? text : `${text} ${detail}`, nextStep };
}

/** A refusal as an outcome. */
export function refused(reason: ReasonMessage, set: Record<string, unknown> = {}): Outcome {
  return { to: 'refused', set: { ...set, reason }, status: { look: 'waiting', key: 'refused' } };
}
