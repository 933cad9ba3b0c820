import type { GraphError } from './graph/errors.ts';
import {
  callRefusals,
  freeFormRefusal,
  type Limits,
  notListed,
  numberRefusal,
  requestRefusal,
  uncallable,
} from './rules.ts';
import type { NumberState, Pair } from './state.ts';

/** What the rules look at when the business asks for permission or calls. */
export interface Addressed {
  number: NumberState;
  /** Where the business calls from. */
  country: string;
  pair: Pair;
  /** On WhatsApp; with a client that takes calls; on the allow list of a test number. */
  person: { onWhatsApp: boolean; callable: boolean; allowListed: boolean };
  limits: Limits;
}

/** Every rule that a permission question breaks, in the order in which this referee looks at them (Meta's is not documented). */
export function judgeRequest(to: Addressed, message: { freeForm: boolean }, now: number): GraphError[] {
  const { number, pair, person, limits } = to;
  return present([
    numberRefusal(number, to.country, now),
    number.testNumber && !person.allowListed ? notListed() : undefined,
    person.onWhatsApp && !person.callable ? uncallable() : undefined,
    requestRefusal(pair, limits, now),
    message.freeForm ? freeFormRefusal(pair, now) : undefined,
  ]);
}

/** Every rule that a call breaks, in the same sense. */
export function judgeCall(to: Addressed, live: { pair: boolean; number: number }, now: number): GraphError[] {
  const { number, pair, person, limits } = to;
  const refusals = present([
    numberRefusal(number, to.country, now),
    number.testNumber && !person.allowListed ? notListed() : undefined,
    person.onWhatsApp && person.callable ? undefined : uncallable(),
  ]);
  return [...refusals, ...callRefusals(pair, number, live, limits, now)];
}

function present(refusals: (GraphError | undefined)[]): GraphError[] {
  return refusals.filter((refusal) => refusal !== undefined);
}
