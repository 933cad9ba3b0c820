import { strict as assert } from 'node:assert';
import type { ProfileOverrides } from '../../lib/permission/profile.ts';
import { helper, until } from './helper.ts';
import { MovedLedger } from './moved-ledger.ts';
import { type Answer, Questions, refusal } from './questions.ts';
import { CONFIG, RealNumber } from './real-number.ts';

const TAB = { id: 'tab', type: 'tab', label: 'Test' };
const at = { z: 'tab', x: 1, y: 1 };
export const BUSINESS = { id: '334455667788990', phone: '351211000100' };
export const ASKED = ['asked', 'have', 'refused'];
export const CALLED = ['answered', 'ended', 'needs', 'blocked'];
const OTHERS = ['granted', 'denied', 'over', 'logged', 'caught', 'hung'];
const BOXES = [...ASKED, ...CALLED, ...OTHERS];
const template = { template: 'call_permission', parameters: '["Ana", "your delivery"]' };

function flow(overrides?: ProfileOverrides): object[] {
  const store = { id: 'store', type: 'wa-call-permission-store', overrides: JSON.stringify(overrides ?? {}) };
  const ask = { type: 'wa-call-request-permission', ...at, config: 'number', wires: ASKED.map((id) => [id]) };
  return [
    TAB,
    { ...CONFIG, store: 'store' },
    store,
    { ...ask, id: 'ask', text: 'May we call you?', ...template },
    { ...ask, id: 'ask-without-template', text: 'May we call you?' },
    { ...ask, id: 'ask-freely', kind: 'freeform', text: 'May we call you?', ...template },
    {
      id: 'events',
      type: 'wa-call-permission-in',
      ...at,
      config: 'number',
      wires: [['granted'], ['denied'], ['over']],
    },
    { id: 'call', type: 'wa-call-initiate', ...at, config: 'number', wires: CALLED.map((id) => [id]) },
    { id: 'hangup', type: 'wa-call-terminate', ...at, config: 'number', wires: [['hung']] },
    { id: 'log', type: 'wa-call-events', ...at, config: 'number', wires: [['logged']] },
    { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
    ...BOXES.map((id) => ({ id, type: 'helper', ...at, wires: [] })),
  ];
}

/** A number, its ledger with a clock of the test, and the nodes, all in one process; nobody's audio is needed. */
export class RuledNumber {
  readonly number = new RealNumber();
  moved!: MovedLedger;
  questions!: Questions;
  #people = 0;

  async open(overrides?: ProfileOverrides, simulator: Record<string, unknown> = {}): Promise<void> {
    await this.number.start({ relay: false, pace: 0.01, ...simulator });
    this.moved = await MovedLedger.open(this.number, overrides);
    await this.number.load(flow(overrides));
    await this.number.ready();
    this.questions = new Questions(BOXES);
  }

  async close(): Promise<void> {
    await helper.unload();
    await this.moved.close();
    await this.number.stop();
  }

  /** Somebody new, so that tests do not count against each other. Digits only, as WhatsApp writes numbers. */
  async person(): Promise<string> {
    const phone = `55119555${String(10_000 + this.#people++)}`;
    await this.number.control('people', { phone });
    return phone;
  }

  async asksAt(node: string, phone: string): Promise<Answer> {
    const answer = await this.questions.ask(node, { contact: `+${phone}`, purpose: 'delivery 4471', keep: 1 }, [
      ...ASKED,
      'caught',
    ]);
    assert.equal(answer.msg.keep, 1, 'what came along goes on');
    return answer;
  }

  ask(phone: string): Promise<Answer> {
    return this.asksAt('ask', phone);
  }

  /** Resolves with the first answer: for a call that is placed this is its end, or that it was answered. */
  call(phone: string): Promise<Answer> {
    return this.questions.ask('call', { contact: phone, purpose: 'delivery 4471' }, [...CALLED, 'caught']);
  }

  async answers(user: string, answer: string): Promise<void> {
    const box = { reject: 'denied', revoke: 'over' }[answer] ?? 'granted';
    const heard = () => this.#heard(box, user).length;
    const before = heard();
    await this.number.control('permission', { user, answer });
    await until(() => heard() > before);
  }

  async allowedBy(phone: string): Promise<void> {
    assert.equal((await this.ask(phone)).output, 'asked');
    await this.answers(phone, 'temporary');
  }

  /** A whole call that is picked up; resolves with its end. */
  async talks(user: string): Promise<Answer> {
    await this.number.control('script', { user, script: 'answers', afterSeconds: 2, talkSeconds: 3 });
    const answer = await this.call(user);
    assert.deepEqual([answer.output, (answer.msg.call as { outcome?: string }).outcome], ['ended', 'completed']);
    return answer;
  }

  /** How many requests have reached WhatsApp. */
  async reached(): Promise<number> {
    return Number((await this.number.read('requests')).total);
  }

  /** Runs what must be refused here: nothing is sent. WhatsApp may be asked once whether it allows more. */
  async refused(
    work: () => Promise<Answer>,
    wanted: { output: 'blocked' | 'needs' | 'refused'; code: string; rule?: string; nextAllowedAt?: number | 'some' },
  ): Promise<ReturnType<typeof refusal>> {
    const before = await this.reached();
    const reason = refusal(await work(), wanted);
    const { total, requests } = (await this.number.read('requests')) as { total: number; requests: { path: string }[] };
    const since = total === before ? [] : requests.slice(before - total).map(({ path }) => path);
    assert.ok(since.length <= 1 && since.every((path) => path.includes('/call_permissions')), since.join());
    assert.equal(reason.provider, undefined);
    return reason;
  }

  async noViolations(): Promise<void> {
    assert.deepEqual((await this.number.read('violations')).violations, []);
    assert.deepEqual(
      this.questions.box('caught').messages.map((msg) => msg.error),
      [],
    );
  }

  events(phone: string): string[] {
    return this.#heard('logged', phone).map(({ topic }) => String(topic));
  }

  #heard(box: string, phone: string): Record<string, unknown>[] {
    return this.questions
      .box(box)
      .messages.filter(({ contact }) => (contact as { phone?: string }).phone === `+${phone}`);
  }
}
