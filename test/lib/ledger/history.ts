import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { Contact } from '../../../lib/permission/model.ts';
import type { ProviderEvent } from '../../../lib/provider/event.ts';
import { Referee } from './referee.ts';
import { DAY, HOUR, MINUTE, NUMBER, SECOND, type Stand } from './stand.ts';

/** What may happen next in a random history with one contact. */
export type Step =
  | { do: 'pass'; ms: number }
  | { do: 'ask'; fate: 'sent' | 'refused' | 'lost_sent' | 'lost' }
  | { do: 'reply'; answer: 'accept' | 'permanent' | 'reject' | 'profile' | 'callback'; late: boolean }
  | {
      do: 'call';
      fate: 'answered' | 'missed' | 'declined' | 'failed' | 'refused' | 'lost_missed' | 'lost_answered' | 'lost';
    }
  | { do: 'inbound'; answered: boolean }
  | { do: 'repeat' }
  | { do: 'opt_out' };

export const steps: fc.Arbitrary<{ step: Step; order: number[] }[]> = fc.array(
  fc.record({
    step: fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('ask' as const),
          fate: fates('sent', 'sent', 'refused', 'lost_sent', 'lost'),
        }),
      },
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('reply' as const),
          answer: fates('accept', 'accept', 'accept', 'permanent', 'reject', 'profile', 'callback'),
          late: fc.nat(9).map((n) => n === 0),
        }),
      },
      {
        weight: 12,
        arbitrary: fc.record({
          do: fc.constant('call' as const),
          fate: fates(
            'answered',
            'answered',
            'missed',
            'missed',
            'missed',
            'declined',
            'failed',
            'refused',
            'lost_missed',
            'lost_answered',
            'lost',
          ),
        }),
      },
      {
        weight: 8,
        arbitrary: fc.record({
          do: fc.constant('pass' as const),
          ms: fates(
            1,
            SECOND,
            59 * SECOND,
            HOUR,
            DAY - MINUTE,
            DAY - 1,
            DAY,
            DAY + MINUTE,
            DAY + MINUTE - 1,
            2 * DAY,
            5 * DAY,
            7 * DAY,
          ),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('inbound' as const), answered: fc.boolean() }) },
      { weight: 2, arbitrary: fc.constant({ do: 'repeat' as const }) },
      {
        weight: 1,
        arbitrary: fc.nat(4).map((n) => (n === 0 ? { do: 'opt_out' as const } : { do: 'repeat' as const })),
      },
    ),
    order: fc.array(fc.nat(1000), { minLength: 8, maxLength: 8 }),
  }),
  { minLength: 5, maxLength: 45 },
);

function fates<const T>(...values: T[]): fc.Arbitrary<T> {
  return fc.constantFrom(...values);
}

/** Plays a history on a ledger and lets the referee judge every answer, both ways. */
export class History {
  readonly #stand: Stand;
  readonly #numberId: string;
  readonly #contact: Contact;
  readonly #referee: Referee;
  readonly #skew: number;
  #seen: ProviderEvent[] = [];
  #held: ProviderEvent | undefined;
  /** Until then the ledger may be stricter than the referee, because it cannot know what the referee knows. */
  #doubtUntil = Number.NEGATIVE_INFINITY;
  #count = 0;
  judged = { allowed: 0, refused: 0 };

  constructor(stand: Stand, run: number, skew: number, connectedLimit: number) {
    this.#stand = stand;
    this.#numberId = `model-${run}`;
    this.#contact = run % 2 === 0 ? { phone: '5511955500123' } : { userId: 'BR.48219037716650284417' };
    this.#skew = skew;
    this.#referee = new Referee(connectedLimit);
  }

  async play(step: Step, order: number[]): Promise<void> {
    switch (step.do) {
      case 'pass':
        this.#stand.clock.pass(step.ms);
        return;
      case 'ask':
        return this.#ask(step.fate);
      case 'reply':
        return this.#reply(step.answer, step.late);
      case 'call':
        return this.#call(step.fate, order);
      case 'inbound':
        return this.#inbound(step.answered, order);
      case 'repeat':
        return this.#repeat(order);
      case 'opt_out':
        this.#referee.optedOut = true;
        await this.#stand.ledger.doNotCall(this.#numberId, this.#contact, { listed: true, source: 'model' });
        return;
    }
  }

  get #now(): number {
    return this.#stand.now;
  }
  get #businessNumber() {
    return { ...NUMBER, id: this.#numberId };
  }

  #judge(what: string, ok: boolean, code: string, allows: (margin: number) => boolean): void {
    if (ok) {
      this.judged.allowed++;
      assert.ok(allows(0), `${what} allowed, but the provider would refuse it`);
      return;
    }
    this.judged.refused++;
    if (this.#now < this.#doubtUntil) return;
    assert.ok(!allows(this.#skew), `${what} refused (${code}), but the provider would allow it`);
  }

  #doubt(ms: number): void {
    this.#doubtUntil = Math.max(this.#doubtUntil, this.#now + ms + this.#skew);
  }

  async #ask(fate: 'sent' | 'refused' | 'lost_sent' | 'lost'): Promise<void> {
    const reservation = await this.#stand.ledger.reserveRequest({
      businessNumber: this.#businessNumber,
      contact: this.#contact,
      purpose: 'model',
      via: 'template',
      hasTemplate: true,
    });
    if (this.#held === undefined) {
      const code = reservation.ok ? '' : reservation.reason.code;
      this.#judge('request', reservation.ok, code, (margin) => this.#referee.allowsRequest(this.#now, margin));
    }
    if (!reservation.ok) return;
    const { reservationId } = reservation;
    if (fate === 'refused') {
      await this.#stand.ledger.settle(reservationId, { state: 'released', why: 'model' });
      return;
    }
    if (fate !== 'lost') this.#referee.requested(this.#now);
    if (fate === 'sent') {
      await this.#stand.ledger.settle(reservationId, { state: 'consumed', providerId: this.#id('wamid') });
      return;
    }
    this.#stand.clock.pass(10 * SECOND);
    // The provider's time of it is earlier than ours, or there is none.
    this.#doubt(7 * DAY);
    await this.#stand.ledger.settle(reservationId, { state: 'unknown', why: 'model' });
  }

  async #reply(answer: 'accept' | 'permanent' | 'reject' | 'profile' | 'callback', late: boolean): Promise<void> {
    // Two replies of one millisecond have no order.
    this.#stand.clock.pass(1);
    const at = this.#now;
    if (answer === 'reject') this.#referee.withdrawn();
    else this.#referee.granted(at, answer === 'permanent' || answer === 'profile');
    const permanent = answer === 'permanent' || answer === 'profile';
    const event: ProviderEvent = {
      type: 'permission.replied',
      id: this.#id('reply'),
      at,
      businessNumberId: this.#numberId,
      contact: this.#contact,
      response: answer === 'reject' ? 'reject' : 'accept',
      permanent,
      source: answer === 'callback' ? 'automatic' : 'user_action',
      ...(answer === 'profile' ? {} : { contextId: this.#id('context') }),
      ...(permanent || answer === 'reject' ? {} : { expiresAt: at + 7 * DAY }),
    };
    if (late && this.#held === undefined) {
      this.#held = event;
      return;
    }
    await this.#deliver([event]);
    // What was held up comes after its successor.
    if (this.#held !== undefined) await this.#deliverHeld();
  }

  async #call(
    fate: 'answered' | 'missed' | 'declined' | 'failed' | 'refused' | 'lost_missed' | 'lost_answered' | 'lost',
    order: number[],
  ): Promise<void> {
    const { ledger, clock } = this.#stand;
    // A request of the same millisecond might as well have come after it.
    clock.pass(1);
    const reservation = await ledger.reserveCall({
      businessNumber: this.#businessNumber,
      contact: this.#contact,
      purpose: 'model',
    });
    // What is still on its way the ledger cannot know, and the provider would have the last word.
    const informed = this.#held === undefined;
    if (informed) {
      const code = reservation.ok ? '' : reservation.reason.code;
      this.#judge('call', reservation.ok, code, (margin) => this.#referee.allowsCall(this.#now, margin));
    }
    if (!reservation.ok) return;
    const { reservationId } = reservation;
    if (fate === 'refused' || (!informed && !this.#referee.allowsCall(this.#now, 0))) {
      await ledger.settle(reservationId, { state: 'released', why: 'model' });
      return;
    }
    const callId = this.#id('wacid');
    if (fate === 'lost') {
      await ledger.settle(reservationId, { state: 'unknown', why: 'model' });
      this.#doubt(DAY);
      return;
    }
    const lost = fate.startsWith('lost_');
    await ledger.settle(
      reservationId,
      lost ? { state: 'unknown', why: 'model' } : { state: 'consumed', providerId: callId },
    );
    const base = { businessNumberId: this.#numberId, contact: this.#contact, callId, correlationId: reservationId };
    clock.pass(2 * SECOND);
    const events: ProviderEvent[] = [{ ...base, type: 'call.ringing', id: this.#id('ringing'), at: this.#now }];
    clock.pass(5 * SECOND);
    const answeredAt = this.#now;
    const answered = fate === 'answered' || fate === 'lost_answered';
    if (answered) events.push({ ...base, type: 'call.accepted', id: this.#id('accepted'), at: answeredAt });
    if (fate === 'declined') events.push({ ...base, type: 'call.rejected', id: this.#id('rejected'), at: answeredAt });
    clock.pass(30 * SECOND);
    events.push({
      ...base,
      type: 'call.terminated',
      id: this.#id('terminate'),
      at: this.#now,
      direction: 'outbound',
      status: fate === 'failed' ? 'failed' : 'completed',
      ...(answered ? { startedAt: answeredAt, endedAt: this.#now, durationSeconds: 30 } : {}),
      errors: [],
    });
    if (answered) this.#referee.connected(answeredAt, true);
    else if (fate !== 'failed' && this.#referee.missed()) {
      clock.pass(SECOND);
      events.push({
        type: 'permission.replied',
        id: this.#id('revoke'),
        at: this.#now,
        businessNumberId: this.#numberId,
        contact: this.#contact,
        response: 'reject',
        permanent: false,
        source: 'automatic',
      });
    }
    await this.#deliver(shuffled(events, order));
  }

  async #inbound(answered: boolean, order: number[]): Promise<void> {
    const { clock } = this.#stand;
    const callId = this.#id('inbound');
    const base = { businessNumberId: this.#numberId, contact: this.#contact, callId };
    const connect: ProviderEvent = {
      ...base,
      type: 'call.connect',
      id: this.#id('connect'),
      at: this.#now,
      direction: 'inbound',
    };
    clock.pass(3 * SECOND);
    const answeredAt = this.#now;
    clock.pass(20 * SECOND);
    const end: ProviderEvent = {
      ...base,
      type: 'call.terminated',
      id: this.#id('terminate'),
      at: this.#now,
      direction: 'inbound',
      status: 'completed',
      ...(answered ? { startedAt: answeredAt, endedAt: this.#now, durationSeconds: 20 } : {}),
      errors: [],
    };
    if (answered) {
      this.#referee.connected(answeredAt, false);
      // Of a call that is not ours only the provider's clock tells the order, so requests shortly before it still count.
      this.#doubt(7 * DAY);
    }
    await this.#deliver(shuffled([connect, end], order));
  }

  async #repeat(order: number[]): Promise<void> {
    if (this.#held !== undefined) await this.#deliverHeld();
    const again = shuffled(this.#seen, order).slice(0, 4);
    for (const appended of await this.#stand.ledger.append(again)) assert.equal(appended.fresh, false);
  }

  async #deliverHeld(): Promise<void> {
    const event = this.#held;
    this.#held = undefined;
    if (event !== undefined) await this.#deliver([event]);
  }

  async #deliver(events: ProviderEvent[]): Promise<void> {
    // Each comes twice, and the second time together with the next one.
    for (const [index, event] of events.entries()) {
      const previous = events[index - 1];
      await this.#stand.ledger.append(previous === undefined ? [event] : [previous, event]);
    }
    // Ids are only kept for 8 days; older repeats are another test.
    this.#seen = [...this.#seen, ...events].filter(({ at }) => at > this.#now - DAY);
  }

  #id(prefix: string): string {
    return `${prefix}-${this.#numberId}-${++this.#count}`;
  }
}

function shuffled<T>(items: readonly T[], order: readonly number[]): T[] {
  return items
    .map((item, index) => ({ item, key: order[index % order.length] ?? 0, index }))
    .sort((a, b) => a.key - b.key || a.index - b.index)
    .map(({ item }) => item);
}
