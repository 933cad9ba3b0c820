import { z } from 'zod';
import { SCRIPTS } from './call-script.ts';
import { graphFault } from './graph-faults.ts';
import { check } from './http-exchange.ts';
import { makePerson, type PersonInput } from './people.ts';
import { answerRequest, changeProfile, sendMessage } from './permission-answers.ts';
import { answerWithVoice, callBusiness, callOf, ignore, pressDigit } from './phone-actions.ts';
import { callUse, cardState, permissionNow, requestUse } from './rules.ts';
import { SimulatorError } from './simulator-error.ts';
import { webhookFaults } from './webhook-faults.ts';
import { countryOfNumber, limitsOf, pairWith, personBy, type World } from './world.ts';

const user = z.string().min(1);
const callId = z.string().min(1).optional();
const voice = z.union([
  z.strictObject({ kind: z.enum(['silence', 'tone', 'echo', 'none']) }),
  z.strictObject({ kind: z.literal('wav'), file: z.string().min(1) }),
]);
const permissionAnswer = z.enum(['temporary', 'permanent', 'reject']);
const digits = z.string().regex(/^\d{8,15}$/, 'digits of an international number, without +');
const ofCall = z.strictObject({ user, callId });

/** What each command takes. The HTTP control API and the programmatic one are the same table. */
export const commandSchemas = {
  clock: z.strictObject({
    advanceSeconds: z
      .number()
      .min(0)
      .max(400 * 86_400),
  }),
  script: z.strictObject({
    user,
    script: z.enum(SCRIPTS).optional(),
    voice: voice.optional(),
    afterSeconds: z.number().min(0).max(3600).optional(),
    talkSeconds: z.number().min(0).max(86_400).optional(),
    failure: z.union([z.literal(138019), z.literal(138020)]).optional(),
    /** Also while somebody looks at the phone page. */
    force: z.boolean().optional(),
    /** How the person answers permission questions by themselves; null: not. */
    permissionAnswer: permissionAnswer.nullable().optional(),
  }),
  faults: webhookFaults.partial().extend({ graph: z.array(graphFault).optional(), reset: z.boolean().optional() }),
  people: z.strictObject({
    phone: digits,
    name: z.string().min(1).optional(),
    userId: z
      .string()
      .regex(/^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/)
      .optional(),
    parentUserId: z
      .string()
      .regex(/^[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}$/)
      .optional(),
    username: z.string().optional(),
    aliases: z.array(digits).optional(),
    onWhatsApp: z.boolean().optional(),
    callable: z.boolean().optional(),
    allowListed: z.boolean().optional(),
    hidePhone: z.boolean().optional(),
  }),
  permission: z.strictObject({
    user,
    answer: z.enum(['temporary', 'permanent', 'reject', 'profile_permanent', 'revoke']),
    requestId: z.string().optional(),
  }),
  message: z.strictObject({ user, text: z.string().min(1).max(4096) }),
  'call/answer': z.strictObject({ user, callId, voice: voice.optional() }),
  'call/decline': ofCall,
  'call/ignore': ofCall,
  'call/hangup': ofCall,
  'call/digit': z.strictObject({ user, callId, digit: z.string().regex(/^[0-9*#]$/, 'one of 0-9, * and #') }),
  'call/start': z.strictObject({ user }),
  webhook: z.strictObject({ url: z.string().min(1), verifyToken: z.string().optional() }),
  number: z.strictObject({
    businessNumber: digits.optional(),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .nullable()
      .optional(),
    testNumber: z.boolean().optional(),
    messagingLimit: z.number().int().min(0).optional(),
    /** Pause for low quality; null lifts it. */
    restricted: z
      .strictObject({ seconds: z.number().min(1).optional(), warning: z.boolean().optional() })
      .nullable()
      .optional(),
  }),
  clear: z.strictObject({}),
};
export type Command = keyof typeof commandSchemas;
type Body<C extends Command> = z.input<(typeof commandSchemas)[C]>;
type Checked<C extends Command> = z.output<(typeof commandSchemas)[C]>;
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
  read(view: View): Record<string, unknown> {
    const { log, sender } = this.world;
    if (view === 'requests') return { total: log.total.requests, requests: log.requests };
    if (view === 'violations') return { total: log.total.violations, violations: log.violations };
    if (view === 'webhooks') return { target: this.target(), deliveries: sender.deliveries };
    return this.state();
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
        callOf(this.world, personBy(this.world, user), ['ringing'], callId),
        voice ?? { kind: 'tone' },
      ),
    'call/decline': ({ user, callId }) =>
      this.world.calls.decline(callOf(this.world, personBy(this.world, user), ['ringing', 'connecting'], callId)),
    'call/ignore': ({ user, callId }) =>
      ignore(this.world, callOf(this.world, personBy(this.world, user), ['ringing'], callId)),
    'call/hangup': ({ user, callId }) =>
      this.world.calls.hangUp(
        callOf(this.world, personBy(this.world, user), ['ringing', 'connecting', 'in_call'], callId),
        'person',
      ),
    'call/digit': ({ user, callId, digit }) =>
      pressDigit(this.world, callOf(this.world, personBy(this.world, user), ['in_call'], callId), digit),
    'call/start': ({ user }) => ({ callId: callBusiness(this.world, personBy(this.world, user)).id }),
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
      if (input.restricted !== undefined) this.restrict(input.restricted);
      return { country: countryOfNumber(number) };
    },
    clear: () => this.world.log.clear(),
  };

  /** Quality enforcement: a warning, or a pause that the business hears of by `account_update` (meta-cloud-api.md §5.11). */
  private restrict(how: { seconds?: number | undefined; warning?: boolean | undefined } | null): void {
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
    const type = 'RESTRICTED_BUSINESS_INITIATED_CALLING';
    const until = how.seconds === undefined ? undefined : clock.now() + how.seconds * 1000;
    state.number.restriction = { type, ...present({ until }) };
    const item = { restriction_type: type, ...(until === undefined ? {} : { expiration: Math.ceil(until / 1000) }) };
    sender.emit('account_update', 'account', { ...base, event: 'ACCOUNT_RESTRICTION', restriction_info: [item] });
  }

  private target(): Record<string, unknown> | null {
    const { target } = this.world.sender;
    return target ? { url: target.url, verified: target.verified, ...present({ problem: target.problem }) } : null;
  }

  private state(): Record<string, unknown> {
    const { world } = this;
    const now = world.clock.now();
    const limits = limitsOf(world);
    const { restriction, calling, testNumber, messagingLimit, templates, businessNumber } = world.state.number;
    return {
      now: new Date(now).toISOString(),
      number: {
        businessNumber,
        country: countryOfNumber(world.state.number),
        testNumber,
        messagingLimit,
        calling,
        templates,
        restriction,
      },
      people: world.state.people.map((person) => {
        const pair = pairWith(world, person);
        return {
          ...person,
          watched: world.hub.watches(person),
          permission: permissionNow(pair, now),
          requests: pair.requests.map((card) => ({ id: card.id, at: card.at, state: cardState(card, now) })),
          requestUse: requestUse(pair, limits, now),
          callUse: callUse(pair, limits, now),
          unanswered: pair.unanswered,
          windowUntil: pair.windowFrom === undefined ? null : pair.windowFrom + 86_400_000,
        };
      }),
      calls: [...world.calls.ended, ...world.calls.liveCalls()].map((call) => ({
        id: call.id,
        userId: call.person.userId,
        direction: call.direction,
        state: call.state,
        script: call.script.name,
        placedAt: call.placedAt,
        ...present({ pickedUpAt: call.pickedUpAt, endedAt: call.endedAt, outcome: call.outcome, opaque: call.opaque }),
      })),
      webhook: this.target(),
      undelivered: world.state.undelivered.length,
      faults: world.faults,
    };
  }
}
