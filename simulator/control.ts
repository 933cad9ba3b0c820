import type { z } from 'zod';
import { accountFacts } from './account-facts.ts';
import { type Body, type Checked, type Command, commandSchemas } from './control-commands.ts';
import { view } from './control-views.ts';
import { check } from './http-exchange.ts';
import { makePerson, type PersonInput } from './people.ts';
import { answerRequest, changeProfile, sendMessage } from './permission-answers.ts';
import {
  answerWithVoice,
  callBusiness,
  callOf,
  checkVoice,
  ignore,
  incomingCallOf,
  pressDigit,
} from './phone-actions.ts';
import { SimulatorError } from './simulator-error.ts';
import { review } from './template-review.ts';
import { webhookFaults } from './webhook-faults.ts';
import { countryOfNumber, personBy, type World } from './world.ts';

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The object without the properties that are there but undefined. */
const present = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Present<T>;

const READ = ['state', 'requests', 'violations', 'webhooks'] as const;
export type View = (typeof READ)[number];

/** Everything a person, the weather and a test can do to the simulated WhatsApp. */
export class Control {
  private readonly world: World;
  private readonly setWebhook: (url: string, verifyToken?: string) => Promise<void>;

  constructor(world: World, setWebhook: (url: string, verifyToken?: string) => Promise<void>) {
    this.world = world;
    this.setWebhook = setWebhook;
  }

  /**
   * Does something; the same as `POST /control/<command>`.
   * @throws SimulatorError with what is wrong and what to do
   */
  async do<C extends Command>(command: C, body: Body<C>): Promise<Record<string, unknown>> {
    const checked = check(commandSchemas[command] as unknown as z.ZodType<Checked<C>>, body);
    const run = this.commands[command] as (input: Checked<C>) => unknown;
    const result = (await run(checked)) ?? {};
    this.world.save();
    return { ok: true, ...(result as object) };
  }

  /** Reads something; the same as `GET /control/<view>`. */
  read(name: View): Record<string, unknown> {
    return view(this.world, name);
  }

  isCommand(name: string): name is Command {
    return Object.hasOwn(commandSchemas, name);
  }

  isView(name: string): name is View {
    return (READ as readonly string[]).includes(name);
  }

  private readonly commands: { [C in Command]: (input: Checked<C>) => unknown } = {
    clock: ({ advanceSeconds }) => {
      this.world.clock.advance(advanceSeconds);
      this.world.state.clockAhead = this.world.clock.ahead();
      for (const person of this.world.state.people) this.world.hub.changed(person);
      return { now: new Date(this.world.clock.now()).toISOString() };
    },
    script: (input) => {
      const person = personBy(this.world, input.user);
      const { script, voice, afterSeconds, talkSeconds, failure } = input;
      if (voice) checkVoice(voice);
      if (script) {
        person.script = { name: script, ...present({ voice, afterSeconds, talkSeconds, failure }) };
        person.scriptForced = input.force === true;
      }
      if (input.permissionAnswer === null) delete person.permissionAnswer;
      else if (input.permissionAnswer) person.permissionAnswer = input.permissionAnswer;
    },
    faults: ({ graph, reset, ...webhooks }) => {
      const { faults } = this.world;
      if (reset) {
        faults.webhooks = webhookFaults.parse({});
        faults.graph.length = 0;
      }
      Object.assign(faults.webhooks, present(webhooks));
      if (graph) faults.graph.push(...graph);
      return { faults };
    },
    people: (input) => {
      const { people } = this.world.state;
      const person = makePerson(present(input) as PersonInput);
      const taken = (one: (typeof people)[number]) => one.phone === person.phone || one.userId === person.userId;
      if (people.some(taken))
        throw new SimulatorError(
          'person_exists',
          'Somebody has this number or user id already.',
          'Choose another.',
          409,
        );
      people.push(person);
      return { person };
    },
    permission: ({ user, answer, requestId }) => {
      const person = personBy(this.world, user);
      if (answer === 'revoke') changeProfile(this.world, person, 'revoke');
      else if (answer === 'profile_permanent') changeProfile(this.world, person, 'permanent');
      else answerRequest(this.world, person, answer, requestId);
    },
    message: ({ user, text }) => ({ id: sendMessage(this.world, personBy(this.world, user), text) }),
    'call/answer': ({ user, callId, voice }) =>
      answerWithVoice(
        this.world,
        incomingCallOf(this.world, personBy(this.world, user), ['ringing'], callId),
        voice ?? { kind: 'tone' },
      ),
    'call/decline': ({ user, callId }) =>
      this.world.calls.decline(
        incomingCallOf(this.world, personBy(this.world, user), ['ringing', 'connecting'], callId),
      ),
    'call/ignore': ({ user, callId }) =>
      ignore(this.world, incomingCallOf(this.world, personBy(this.world, user), ['ringing'], callId)),
    'call/hangup': ({ user, callId }) =>
      this.world.calls.hangUp(
        callOf(this.world, personBy(this.world, user), ['ringing', 'connecting', 'in_call'], callId),
        'person',
      ),
    'call/digit': ({ user, callId, digit }) =>
      pressDigit(this.world, callOf(this.world, personBy(this.world, user), ['in_call'], callId), digit),
    'call/start': async ({ user, voice }) => {
      const { call } = await callBusiness(this.world, personBy(this.world, user), { voice: voice ?? { kind: 'tone' } });
      return { callId: call.id };
    },
    webhook: ({ url, verifyToken }) => this.setWebhook(url, verifyToken),
    number: (input) => {
      const { number } = this.world.state;
      if (input.businessNumber) {
        number.businessNumber = input.businessNumber;
        this.world.settings.businessNumber = input.businessNumber;
      }
      if (input.country === null) delete number.country;
      else if (input.country) number.country = input.country;
      if (input.testNumber !== undefined) number.testNumber = input.testNumber;
      if (input.messagingLimit !== undefined) number.messagingLimit = input.messagingLimit;
      if (input.templateReview !== undefined) number.templateReview = input.templateReview;
      if (input.restricted !== undefined) this.restrict(input.restricted);
      return { country: countryOfNumber(number) };
    },
    template: (verdict) => review(this.world, verdict),
    account: ({ reset, subscribed, ...facts }) => {
      this.world.account = { ...(reset ? accountFacts.parse({}) : this.world.account), ...present(facts) };
      if (subscribed !== undefined || reset) this.world.state.number.subscribed = subscribed ?? true;
      return { account: this.world.account };
    },
    clear: () => this.world.log.clear(),
  };

  /** Quality enforcement: a warning, or a pause that the business hears of by `account_update` (meta-cloud-api.md §5.11). */
  private restrict(how: (Checked<'number'>['restricted'] & {}) | null): void {
    const { state, clock, sender } = this.world;
    const base = { phone_number: state.number.businessNumber };
    if (how === null) {
      delete state.number.restriction;
      return;
    }
    if (how.warning) {
      const violation_info = { violation_type: 'LOW_BUSINESS_INITIATED_CALLING_QUALITY' };
      sender.emit('account_update', 'account', { ...base, event: 'ACCOUNT_VIOLATION', violation_info });
      return;
    }
    const { type = 'RESTRICTED_BUSINESS_INITIATED_CALLING' } = how;
    const until = how.seconds === undefined ? undefined : clock.now() + how.seconds * 1000;
    state.number.restriction = { type, ...present({ until }) };
    if (how.silent) return;
    const item = { restriction_type: type, ...(until === undefined ? {} : { expiration: Math.ceil(until / 1000) }) };
    sender.emit('account_update', 'account', { ...base, event: 'ACCOUNT_RESTRICTION', restriction_info: [item] });
  }
}
