import { strict as assert } from 'node:assert';
import type { Explanation, Ledger } from '../../../../lib/ledger/ledger.ts';
import type { Contact, Instant, Reason } from '../../../../lib/permission/model.ts';
import type { ProviderEvent } from '../../../../lib/provider/event.ts';
import type { TestClock } from '../stand.ts';
import { newPair, type Pair } from './facts.ts';
import { type Intent, type Moment, type Office, reasonForBlock, refusals, wrongSend } from './judge.ts';
import type { News } from './steps.ts';
import type { Variant } from './variants.ts';

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;
/** WhatsApp gives up sending a webhook after this. */
const SENT_AGAIN_MS = 7 * DAY;
const LEASE_MS = 120_000;

/** An engine of the ledger, with its machine's clock in our hands. */
export interface Engine {
  readonly ledger: Ledger;
  readonly clock: TestClock;
  /** The process ends without settling anything, and another one opens the same store. */
  restart?(): Promise<void>;
  /** Nobody can know before that a process is dead; left out: at once. */
  readonly deathNoticedMs?: number;
  close(): Promise<void>;
}

export interface Webhook {
  event: ProviderEvent;
  /** Writes down what the ledger knows from now on. */
  tell: () => void;
}

/** What was judged, to prove that a run exercised something. */
export interface Tally {
  histories: number;
  steps: number;
  allowed: number;
  blocked: number;
  /** Sent, although news that had not come in yet forbade it. */
  uninformed: number;
  /** Refusals of the ledger by code, and what gave reason to them. */
  codes: Record<string, number>;
  reasons: Record<string, number>;
}

export const newTally = (): Tally => ({
  histories: 0,
  steps: 0,
  allowed: 0,
  blocked: 0,
  uninformed: 0,
  codes: {},
  reasons: {},
});

const PEOPLE = [
  { name: 'Ana', phone: '5511955500123', userId: 'BR.48219037716650284417' },
  { name: 'Rui', phone: '351912000456', userId: 'PT.60318842297715530964' },
];

/** One history as it is played: WhatsApp's side, the webhooks under way, and the judge's view of both. */
export class World {
  readonly engine: Engine;
  readonly variant: Variant;
  readonly tally: Tally;
  readonly offices: Office[];
  readonly pairs: Pair[];
  /** WhatsApp's clock. */
  now: Instant;
  readonly log: string[] = [];
  #id: string;
  #count = 0;
  /** Webhooks that come later. */
  readonly under: Webhook[] = [];
  #delivered: ProviderEvent[] = [];
  readonly #seen = new Set<string>();
  /** How far our machine's clock is from WhatsApp's, and the furthest it was. */
  offset = 0;
  #furthest = 0;
  #latest = 0;

  constructor(engine: Engine, variant: Variant, id: string, start: number, tally: Tally) {
    this.engine = engine;
    this.variant = variant;
    this.tally = tally;
    this.#id = id;
    // Long after everything of the history before, on a whole second.
    engine.clock.pass(10 * DAY);
    engine.clock.pass(SECOND - (engine.clock.now % SECOND));
    this.now = engine.clock.now;
    const phone = start === 29 ? '12125550100' : start === 28 ? '902125550100' : '351211000100';
    this.offices = ['a', 'b'].map((letter) => ({ id: `m${id}${letter}`, phone, pairs: [], restrictions: [] }));
    this.pairs = this.offices.flatMap((office) => {
      office.pairs = PEOPLE.map(({ name, ...contact }) =>
        newPair(`${name}/${office.id.slice(-1)}`, office.id, contact, start % 2 === 0 ? 'phone' : 'userId'),
      );
      return office.pairs;
    });
  }

  /** For one operation: it reads the clock. */
  get ledger(): Ledger {
    void this.ledgerNow;
    return this.engine.ledger;
  }
  pair(who: number): Pair {
    return this.pairs[who] ?? (this.pairs[0] as Pair);
  }
  office({ businessNumberId }: Pair): Office {
    return this.offices.find(({ id }) => id === businessNumberId) as Office;
  }
  businessNumber(pair: Pair): { id: string; phone: string } {
    const { id, phone } = this.office(pair);
    return { id, phone };
  }
  /** A flow's name for the person. */
  address(pair: Pair): Contact {
    const { phone, userId } = pair.contact;
    const byPhone = pair.linked ? this.#count % 2 === 0 : pair.primary === 'phone';
    return byPhone ? { phone } : { userId };
  }
  /** WhatsApp's names for the person: most often both. */
  named(pair: Pair): Contact {
    if (++this.#count % 5 !== 0) return { ...pair.contact };
    return pair.primary === 'phone' ? { phone: pair.contact.phone } : { userId: pair.contact.userId };
  }
  id(prefix: string): string {
    return `${prefix}.${this.#id}.${++this.#count}`;
  }
  /** A moment as webhooks tell it. */
  stamp(at: Instant = this.now): Instant {
    return at - (at % this.variant.resolutionMs);
  }
  say(text: string): void {
    this.log.push(`${new Date(this.now).toISOString().slice(5, 23)} ${text}`);
  }

  /** Two things never happen in the same moment, as far as webhooks can tell moments apart. */
  tick(): void {
    this.pass(this.variant.resolutionMs);
  }
  pass(ms: number): void {
    this.now += ms;
    this.engine.clock.pass(ms);
  }
  setClock(offset: number): void {
    this.engine.clock.jump(offset - this.offset);
    this.offset = offset;
    this.#furthest = Math.max(this.#furthest, Math.abs(offset));
  }
  get drift(): number {
    return 2 * this.#furthest;
  }
  get clockError(): number {
    return this.drift > this.variant.skewMs ? this.drift : 0;
  }
  /** The ledger's time: it never runs backwards. */
  get ledgerNow(): Instant {
    this.#latest = Math.max(this.#latest, this.engine.clock.now);
    return this.#latest;
  }
  get leaseUntil(): Instant {
    return this.ledgerNow + LEASE_MS;
  }

  moment(pair: Pair): Moment {
    const { variant, now, drift, clockError } = this;
    return { variant, office: this.office(pair), pair, now, drift, clockError };
  }

  /** Judges an answer of the ledger, both ways. */
  judge(pair: Pair, intent: Intent, answer: { ok: true } | { ok: false; reason: Reason }): void {
    const moment = this.moment(pair);
    if (answer.ok) {
      this.tally.allowed++;
      const wrong = wrongSend(moment, intent);
      if (wrong !== undefined) assert.fail(`${intent.what} to ${pair.name} allowed, but ${wrong}`);
      return;
    }
    const { code, text } = answer.reason;
    this.tally.blocked++;
    this.tally.codes[code] = (this.tally.codes[code] ?? 0) + 1;
    const why = reasonForBlock(moment, intent, code);
    if (why === undefined) assert.fail(`${intent.what} to ${pair.name} refused (${code}: ${text}), without reason`);
    this.tally.reasons[why] = (this.tally.reasons[why] ?? 0) + 1;
  }

  /** What WhatsApp answers to a send at this moment: its first refusal, or undefined. It must be one that nobody could foresee. */
  answerOfWhatsApp(pair: Pair, intent: Intent): { code: number; details: string } | undefined {
    const moment = this.moment(pair);
    const wrong = wrongSend(moment, intent);
    if (wrong !== undefined) assert.fail(`${intent.what} to ${pair.name} sent, but ${wrong}`);
    const [first] = refusals(moment, intent, 'truth');
    if (first === undefined) return undefined;
    this.tally.uninformed++;
    return { code: first[0], details: first[1] };
  }

  /** What the explanation says is what the reservation at the same moment comes to. */
  agree(before: Explanation, what: 'request' | 'call', answer: { ok: true } | { ok: false; reason: Reason }): void {
    const [can, reason] =
      what === 'call' ? [before.canCall, before.callReason] : [before.canRequest, before.requestReason];
    assert.equal(can, answer.ok, `explain says ${can} and the ${what} is ${answer.ok}`);
    if (!answer.ok) assert.equal(reason?.code, answer.reason.code, 'explain gives another reason');
  }

  /** Webhooks of what just happened, as they come. */
  async emit(webhooks: Webhook[], { how, order, twice }: News): Promise<void> {
    if (webhooks.length === 0) return;
    if (how === 'lost') return;
    if (how === 'late') {
      this.under.push(...webhooks);
      return;
    }
    const batch = how === 'shuffled' ? shuffled(webhooks, order) : webhooks;
    // In one delivery, or each in its own.
    if (order % 2 === 0) await this.deliver(batch);
    else for (const webhook of batch) await this.deliver([webhook]);
    if (twice) await this.deliver(batch);
  }

  async deliver(batch: Webhook[]): Promise<void> {
    const fresh = batch.filter(({ event }) => event.at > this.now - SENT_AGAIN_MS);
    if (fresh.length === 0) return;
    const appended = await this.ledger.append(fresh.map(({ event }) => event));
    for (const [index, { event, tell }] of fresh.entries()) {
      const first = !this.#seen.has(event.id);
      assert.equal(appended[index]?.fresh, first, `${event.type} ${event.id} is ${first ? 'new' : 'known'}`);
      if (!first) continue;
      this.#seen.add(event.id);
      if ('contact' in event && event.contact?.phone !== undefined && event.contact.userId !== undefined)
        for (const pair of this.pairs)
          if (pair.businessNumberId === event.businessNumberId && pair.contact.phone === event.contact.phone)
            pair.linked = true;
      tell();
    }
    this.#delivered = [...this.#delivered, ...fresh.map(({ event }) => event)].slice(-12);
  }

  /** Some of what was under way comes in, in any order. */
  async deliverLate(order: number): Promise<void> {
    const all = shuffled(this.under.splice(0), order);
    const count = 1 + (order % Math.max(1, all.length));
    this.under.push(...all.slice(count));
    this.say(`${Math.min(count, all.length)} late webhooks come in`);
    await this.deliver(all.slice(0, count));
  }

  async repeat(order: number): Promise<void> {
    const again = shuffled(this.#delivered, order)
      .filter(({ at }) => at > this.now - SENT_AGAIN_MS)
      .slice(0, 4);
    if (again.length === 0) return;
    this.say(`${again.length} webhooks are repeated`);
    for (const { fresh } of await this.ledger.append(again)) assert.equal(fresh, false, 'a repeated webhook is new');
  }

  count(): void {
    this.#count++;
  }
}

export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  let state = seed + 1;
  for (let last = result.length - 1; last > 0; last--) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const other = Math.floor((state / 2_147_483_648) * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}
