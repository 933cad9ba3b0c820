import type { AccountFacts } from './account-facts.ts';
import type { CallDesk } from './call-desk.ts';
import type { Script } from './call-script.ts';
import type { Captures } from './captures.ts';
import type { Clock } from './clock.ts';
import { countryOf } from './country.ts';
import type { GraphFault } from './graph-faults.ts';
import { newMessageId } from './ids.ts';
import { findPerson, makePerson, type Person } from './people.ts';
import type { PhoneHub } from './phone-hub.ts';
import type { RefereeLog } from './referee-log.ts';
import type { Relay, Setup } from './relay-contract.ts';
import { type Limits, PRODUCTION_LIMITS, TEST_NUMBER_LIMITS } from './rules.ts';
import { SimulatorError } from './simulator-error.ts';
import { type ChatItem, type NumberState, newPair, type Pair, pairOf, type State } from './state.ts';
import type { Addressed } from './verdict.ts';
import type { WebhookFaults } from './webhook-faults.ts';
import type { WebhookSender } from './webhook-sender.ts';

/** What the business has to know to talk to the simulator. */
export interface Credentials {
  accessToken: string;
  appSecret: string;
  verifyToken: string;
  phoneNumberId: string;
  wabaId: string;
  businessNumber: string;
}

/** Everything one running simulator consists of; its parts find each other here. */
export interface World {
  clock: Clock;
  state: State;
  settings: Credentials;
  businessName: string;
  ringSeconds: number;
  defaultScript: Script;
  /** Everybody with a number is on WhatsApp: people are made as the business addresses them. */
  anyone: boolean;
  /** A call that the business cancels while it rings counts as unanswered (not documented by Meta). */
  cancelledCounts: boolean;
  limitOverrides: Partial<Limits>;
  answerSetup: Setup;
  /** What is set up at Meta beside the number's own state. */
  account: AccountFacts;
  faults: { webhooks: WebhookFaults; graph: GraphFault[] };
  relay: Relay | undefined;
  sender: WebhookSender;
  captures: Captures;
  calls: CallDesk;
  hub: PhoneHub;
  log: RefereeLog;
  /** Writes the state file, if there is one. */
  save: () => void;
  /** Something in the simulator itself went wrong. */
  problem: (error: unknown) => void;
}

export function limitsOf(world: World): Limits {
  return { ...(world.state.number.testNumber ? TEST_NUMBER_LIMITS : PRODUCTION_LIMITS), ...world.limitOverrides };
}

/** Country that decides whether the business may call at all. */
export function countryOfNumber(number: NumberState): string {
  return number.country ?? countryOf(number.businessNumber);
}

export function pairWith(world: World, person: Person): Pair {
  return pairOf(world.state, person);
}

/**
 * The person behind a number or id that a user of phone page or control API gave.
 * @throws SimulatorError `person_unknown`
 */
export function personBy(world: World, id: string): Person {
  const person = findPerson(world.state.people, id);
  if (!person)
    throw new SimulatorError(
      'person_unknown',
      'Nobody with this number or user id is on the simulated WhatsApp.',
      'Use one of the people that the phone page lists, or add one with POST /control/people.',
      404,
    );
  return person;
}

/** The person whom the business addresses; undefined if nobody like that is on WhatsApp. */
export function addressee(world: World, id: string): Person | undefined {
  const known = findPerson(world.state.people, id);
  if (known || !world.anyone || !/^\d{8,15}$/.test(id)) return known;
  const person = makePerson({ phone: id });
  world.state.people.push(person);
  return person;
}

/** Everything the rules ask about one addressee; nobody on WhatsApp is undefined. */
export function addressed(world: World, person: Person | undefined): Addressed {
  const { number } = world.state;
  return {
    number,
    country: countryOfNumber(number),
    pair: person ? pairWith(world, person) : newPair(),
    person: person ?? { onWhatsApp: false, callable: false, allowListed: false },
    limits: limitsOf(world),
  };
}

/** Puts something into the person's chat and shows it. */
export function chat(world: World, person: Person, item: Omit<ChatItem, 'id' | 'at'> & { id?: string }): void {
  const list = pairWith(world, person).chat;
  list.push({ id: item.id ?? newMessageId(), at: world.clock.now(), ...item });
  if (list.length > 500) list.shift();
  world.hub.changed(person);
}
