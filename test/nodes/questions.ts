import { strict as assert } from 'node:assert';
import type { NodeMessage } from 'node-red';
import { helper, Inbox } from './helper.ts';

export type Message = NodeMessage & Record<string, unknown>;

export interface Answer {
  /** Name of the output that answered. */
  output: string;
  msg: Message;
}

/** `msg.reason` as flows see it. */
export interface ReasonSeen {
  code: string;
  text: string;
  nextStep: string;
  nextAllowedAt?: string;
  rule?: { id: string; limit: string; source: string; date: string };
  provider?: { code: string };
}

/** Sends messages into nodes and finds the answer to each among the boxes of their outputs. */
export class Questions {
  readonly #boxes = new Map<string, Inbox>();
  #asked = 0;

  /** @param outputs ids of the helper nodes behind the outputs */
  constructor(outputs: string[]) {
    for (const id of outputs) this.#boxes.set(id, new Inbox(id));
  }

  box(id: string): Inbox {
    return this.#boxes.get(id) ?? assert.fail(`no box ${id}`);
  }

  /** Sends without waiting. @returns the mark by which `find` knows what became of it */
  send(node: string, msg: object): number {
    this.#asked += 1;
    helper.getNode(node).receive({ ...msg, question: this.#asked });
    return this.#asked;
  }

  /** The first message with this mark that one of these outputs gave; waits for it. */
  async find(question: number, outputs: string[]): Promise<Answer> {
    for (;;) {
      for (const output of outputs) {
        const msg = this.box(output).messages.find((one) => one.question === question);
        if (msg !== undefined) return { output, msg };
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  ask(node: string, msg: object, outputs: string[]): Promise<Answer> {
    return this.find(this.send(node, msg), outputs);
  }
}

/** Everything that a refusal promises, whatever the code. @returns the reason */
export function refusal(
  { output, msg }: Answer,
  wanted: { output: string; code: string; rule?: string; nextAllowedAt?: number | 'some' },
): ReasonSeen {
  const reason = msg.reason as ReasonSeen;
  assert.deepEqual([output, reason?.code], [wanted.output, wanted.code]);
  for (const sentence of [reason.text, reason.nextStep]) {
    assert.match(sentence, /^[A-Z].{10,}\.$/, 'a plain sentence');
    // `BR.…` and 95550-0123 are the examples of how to write a contact.
    const own = sentence.replace(/\bBR\.\d{20}\b/, '');
    assert.doesNotMatch(own, /[{}]|undefined|null|NaN|\d{10,}/, 'nothing unfilled, no whole phone number');
  }
  assert.deepEqual(reason.rule?.id, wanted.rule);
  if (reason.rule !== undefined) {
    assert.deepEqual(Object.keys(reason.rule).sort(), ['date', 'id', 'limit', 'source']);
    for (const text of Object.values(reason.rule)) assert.ok(typeof text === 'string' && text.length > 4, text);
    assert.match(reason.rule.date, /^20\d\d-\d\d-\d\d$/);
  }
  if (wanted.nextAllowedAt === undefined) assert.equal(reason.nextAllowedAt, undefined);
  else {
    assert.match(reason.nextAllowedAt ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
    if (wanted.nextAllowedAt !== 'some') near(Date.parse(reason.nextAllowedAt ?? ''), wanted.nextAllowedAt);
  }
  assert.deepEqual(JSON.parse(JSON.stringify(reason)), reason, 'plain JSON');
  return reason;
}

/** Equal but for what the clocks of two programs and a loaded machine may differ by. */
export function near(actual: number, expected: number, ms = 20_000): void {
  assert.ok(Math.abs(actual - expected) <= ms, `${new Date(actual).toISOString()} is not near ${new Date(expected)}`);
}
