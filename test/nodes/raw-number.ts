import { strict as assert } from 'node:assert';
import { makePerson, type Person } from '../../simulator/people.ts';
import type { CallFacts } from '../../simulator/webhook-payload.ts';
import { permissionReply } from '../system/meta-webhook.ts';
import { helper, until } from './helper.ts';
import { type Message, Questions } from './questions.ts';
import { answered, type Behaviour, RawProvider, SECRETS, type WireRequest } from './raw-provider.ts';
import { RealNumber } from './real-number.ts';

const TAB = { id: 'tab', type: 'tab', label: 'Test' };
const at = { z: 'tab', x: 1, y: 1, config: 'number' };
const BOXES = ['asked', 'have', 'refused', 'answered', 'ended', 'needs', 'blocked', 'hung', 'caught'];
const TOLD = ['granted', 'denied', 'over', 'delivery', 'logged', 'found', 'records'];

type Call = { id: string; state: string; outcome?: string; providerCallId?: string; durationSeconds?: number };

/** The real nodes with a number at a provider of which the test writes every byte. */
export class RawNumber {
  readonly id = '700000000021';
  readonly number = new RealNumber();
  readonly behaviours = new Map<string, Behaviour>();
  provider!: RawProvider;
  questions!: Questions;
  readonly #known = new Map<string, Person>();
  #people = 0;

  async open(): Promise<void> {
    await this.number.start();
    this.provider = await RawProvider.start();
    this.provider.webhookUrl = `${helper.url()}/whatsapp-calling`;
    this.provider.behave = (request, ...rest) =>
      (this.behaviours.get(String(request.body.to ?? request.body.recipient ?? request.body.call_id)) ?? answered)(
        request,
        ...rest,
      );
    await this.number.load(
      [
        TAB,
        { ...this.provider.config('number', this.id, '+351211000100'), liveCheck: 'never' },
        {
          id: 'ask',
          type: 'wa-call-request-permission',
          ...at,
          template: 'call_permission',
          wires: [['asked'], ['have'], ['refused']],
        },
        { id: 'call', type: 'wa-call-initiate', ...at, wires: [['answered'], ['ended'], ['needs'], ['blocked']] },
        { id: 'in', type: 'wa-call-permission-in', ...at, wires: [['granted'], ['denied'], ['over'], ['delivery']] },
        { id: 'log', type: 'wa-call-events', ...at, wires: [['logged']] },
        { id: 'hangup', type: 'wa-call-terminate', ...at, wires: [['hung']] },
        { id: 'look', type: 'wa-call-permission', ...at, action: 'lookup', wires: [['found'], ['found']] },
        {
          id: 'history',
          type: 'wa-call-records',
          ...at,
          action: 'read',
          contact: 'contact',
          contactType: 'msg',
          wires: [['records'], ['records']],
        },
        { id: 'catch', type: 'catch', z: 'tab', x: 1, y: 1, scope: null, wires: [['caught']] },
        ...[...BOXES, ...TOLD].map((id) => ({ id, type: 'helper', z: 'tab', x: 1, y: 1, wires: [] })),
      ],
      { number: SECRETS },
    );
    await this.number.ready('number');
    this.questions = new Questions([...BOXES, ...TOLD]);
  }

  async close(): Promise<void> {
    await helper.unload();
    await this.provider.close();
    await this.number.stop();
  }

  readonly outputs = BOXES;
  person = (): string => `55119222${String(10_000 + this.#people++)}`;
  onWire = (phone: string): WireRequest[] => this.provider.requests.filter(({ body }) => body.to === phone);
  callOf = (msg: Message): Call => msg.call as Call;
  topics = (id: string): string[] =>
    this.questions
      .box('logged')
      .messages.filter((msg) => this.callOf(msg).id === id)
      .map(({ topic }) => String(topic));

  /** The person allows calls in the business profile: a reply without a request, without an end. */
  async allowed(phone: string): Promise<void> {
    const reply = permissionReply(this.id, { phone, name: 'P' }, 'accept', `g-${phone}`);
    assert.equal(await this.provider.post(reply), 200);
    await until(() => this.#grantOf(phone) !== undefined);
  }

  #grantOf(phone: string): Message | undefined {
    return this.questions
      .box('granted')
      .messages.find(({ contact }) => (contact as { phone?: string }).phone === `+${phone}`);
  }

  /** Places a call and waits until the provider has taken it. @param to phone, or user id of a person without one */
  async placed(to: string): Promise<{ question: number; facts: CallFacts }> {
    const connects = () =>
      this.provider.actions('connect').filter(({ body }) => body.to === to || body.recipient === to);
    const before = connects().length;
    const question = this.questions.send('call', { contact: to, purpose: 'delivery' });
    await until(() => connects().length > before);
    const id = String(connects()[before]?.body.biz_opaque_callback_data);
    await until(() => this.topics(id).includes('placed'));
    const placed = this.questions.box('logged').messages.find((msg) => this.callOf(msg).id === id) as Message;
    return { question, facts: this.facts(to, this.callOf(placed).providerCallId ?? '', id) };
  }

  facts = (phone: string, id: string, opaque: string): CallFacts => ({
    id,
    person: this.#personOf(phone),
    businessNumber: '351211000100',
    direction: 'BUSINESS_INITIATED',
    timestamp: seconds(),
    opaque,
  });

  #personOf(phone: string): Person {
    // A person keeps their user id.
    const known = this.#known.get(phone) ?? makePerson({ phone });
    this.#known.set(phone, known);
    return known;
  }

  deliver = async (value: Record<string, unknown>, field = 'calls', number = this.id): Promise<void> =>
    assert.equal(await this.provider.deliver(number, value, field), 200);
}

export const seconds = (): number => Math.floor(Date.now() / 1000);
