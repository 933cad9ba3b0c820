import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallReservation, RequestReservation } from '../../../lib/ledger/ledger.ts';
import type { LedgerSettings } from '../../../lib/ledger/open.ts';
import { PostgresEngine } from '../../../lib/ledger/postgres/engine.ts';
import { SqliteEngine } from '../../../lib/ledger/sqlite/engine.ts';
import { OWNER_SILENT_MS } from '../../../lib/ledger/timings.ts';
import type { Contact, Instant } from '../../../lib/permission/model.ts';
import { findProfile } from '../../../lib/permission/rules.ts';
import type { CallEvent, ProviderEvent } from '../../../lib/provider/event.ts';
import { freshSchema, postgresServer } from '../../postgres.ts';
import './compiled.ts';

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** 2026-11-20T12:00:00Z */
export const NOON: Instant = 1_795_176_000_000;
export const NUMBER = { id: 'pn1', phone: '351211000100' };
export const ANA: Contact = { phone: '5511955500123' };

type EventOf<T extends ProviderEvent['type']> = Extract<ProviderEvent, { type: T }>;

/** The machine's two clocks, in the hands of a test. */
export class TestClock {
  readonly shared = new SharedArrayBuffer(16);
  readonly #numbers = new Float64Array(this.shared);

  constructor(wall: Instant = NOON) {
    this.#numbers[0] = wall;
    this.#numbers[1] = 1_000;
  }

  get now(): Instant {
    return this.#numbers[0] ?? 0;
  }

  /** Time passes. */
  pass(ms: number): void {
    this.#numbers[1] = (this.#numbers[1] ?? 0) + ms;
    this.#numbers[0] = this.now + ms;
  }

  /** Somebody sets the wall clock. */
  jump(ms: number): void {
    this.#numbers[0] = this.now + ms;
  }
}

/** The engines that behave alike: whatever is about behaviour is tested on each. */
export type EngineName = 'sqlite' | 'postgres';
const ENGINES: readonly EngineName[] = ['sqlite', 'postgres'];

/** A suite of tests for every engine. Tests about the file itself belong elsewhere. */
export function onEveryEngine(title: string, suite: (engine: EngineName) => void): void {
  for (const engine of ENGINES) {
    describe(`${title} (${engine})`, () => {
      if (engine === 'postgres') before('starting PostgreSQL', () => postgresServer());
      suite(engine);
    });
  }
}

type Engine = SqliteEngine | PostgresEngine;
export interface StandSettings {
  /** The same path is the same store; on PostgreSQL it is a schema. */
  path?: string;
  clock?: TestClock;
  profile?: string;
  overrides?: LedgerSettings['overrides'] & object;
  optOut?: LedgerSettings['optOut'] & object;
  maxPages?: number;
  retentionDays?: number;
}

/** A ledger with a clock that the test moves, and short words for what happens around it. */
export class Stand<Ledger extends Engine = Engine> {
  readonly ledger: Ledger;
  readonly clock: TestClock;
  #events = 0;

  private constructor(ledger: Ledger, clock: TestClock) {
    this.ledger = ledger;
    this.clock = clock;
  }

  static open<E extends EngineName = 'sqlite'>(
    settings?: StandSettings & { engine?: E },
  ): Promise<Stand<E extends 'sqlite' ? SqliteEngine : Engine>>;
  static async open(settings: StandSettings & { engine?: EngineName } = {}): Promise<Stand> {
    const {
      engine = 'sqlite',
      path = ':memory:',
      clock = new TestClock(),
      overrides = {},
      maxPages,
      profile: name = 'meta-2026',
      ...more
    } = settings;
    const profile = findProfile(name, overrides);
    if (profile === undefined) throw new Error(`there is no profile ${name}`);
    const how = { profile, clock: clock.shared, ...more };
    if (engine === 'sqlite') {
      return new Stand(
        await SqliteEngine.open({ path, ...how, ...(maxPages === undefined ? {} : { maxPages }) }),
        clock,
      );
    }
    const connection = (await postgresServer()).url();
    return new Stand(await PostgresEngine.open({ connection, schema: schemaOf(path), ...how }), clock);
  }

  /** The process dies with its ledger open, and enough time passes for everybody to notice. */
  async crash(): Promise<void> {
    await this.ledger.crashForTest();
    await this.ledger.close();
    if (this.ledger instanceof PostgresEngine) this.clock.pass(OWNER_SILENT_MS + 1);
  }

  get now(): Instant {
    return this.clock.now;
  }

  request(contact: Contact = ANA, via: 'auto' | 'freeform' | 'template' = 'template'): Promise<RequestReservation> {
    return this.ledger.reserveRequest({
      businessNumber: NUMBER,
      contact,
      purpose: 'your order',
      via,
      hasTemplate: true,
    });
  }

  call(contact: Contact = ANA): Promise<CallReservation> {
    return this.ledger.reserveCall({ businessNumber: NUMBER, contact, purpose: 'your order' });
  }

  /** Reserves and sends a request; fails if it is refused. */
  async asked(messageId: string, contact: Contact = ANA): Promise<string> {
    const reservation = await this.request(contact);
    if (!reservation.ok) throw new Error(`refused: ${reservation.reason.code}`);
    await this.ledger.settle(reservation.reservationId, { state: 'consumed', providerId: messageId });
    return reservation.reservationId;
  }

  /** Reserves and places a call; fails if it is refused. */
  async placed(callId: string, contact: Contact = ANA): Promise<string> {
    const reservation = await this.call(contact);
    if (!reservation.ok) throw new Error(`refused: ${reservation.reason.code}`);
    await this.ledger.settle(reservation.reservationId, { state: 'consumed', providerId: callId });
    return reservation.reservationId;
  }

  async granted(contact: Contact = ANA, more: Partial<EventOf<'permission.replied'>> = {}): Promise<void> {
    await this.ledger.append([this.reply('accept', { contact, ...more })]);
  }

  reply(
    response: 'accept' | 'reject',
    more: Partial<EventOf<'permission.replied'>> = {},
  ): EventOf<'permission.replied'> {
    return {
      type: 'permission.replied',
      id: `reply-${++this.#events}`,
      at: this.now,
      businessNumberId: NUMBER.id,
      contact: ANA,
      response,
      permanent: false,
      source: 'user_action',
      ...(response === 'accept' ? { expiresAt: this.now + 7 * DAY } : {}),
      ...more,
    };
  }

  event(
    type: 'call.ringing' | 'call.accepted' | 'call.rejected',
    callId: string,
    more: Partial<CallEvent> = {},
  ): CallEvent {
    return {
      id: `${type}-${callId}-${++this.#events}`,
      at: this.now,
      businessNumberId: NUMBER.id,
      contact: ANA,
      callId,
      ...more,
      type,
    } as CallEvent;
  }

  terminated(callId: string, more: Partial<EventOf<'call.terminated'>> = {}): EventOf<'call.terminated'> {
    return {
      type: 'call.terminated',
      id: `terminate-${callId}-${++this.#events}`,
      at: this.now,
      businessNumberId: NUMBER.id,
      contact: ANA,
      callId,
      direction: 'outbound',
      status: 'completed',
      errors: [],
      ...more,
    };
  }

  /** A call that is picked up and ends after a minute. */
  async conversation(callId: string, contact: Contact = ANA): Promise<void> {
    await this.placed(callId, contact);
    this.clock.pass(5 * SECOND);
    const startedAt = this.now;
    await this.ledger.append([this.event('call.accepted', callId, { contact })]);
    this.clock.pass(MINUTE);
    await this.ledger.append([this.terminated(callId, { contact, startedAt, endedAt: this.now, durationSeconds: 60 })]);
  }

  /** A call that rings in vain. */
  async unanswered(callId: string): Promise<void> {
    await this.placed(callId);
    await this.ledger.append([this.event('call.ringing', callId)]);
    this.clock.pass(MINUTE);
    await this.ledger.append([this.terminated(callId)]);
  }

  message(more: Partial<EventOf<'message.received'>> = {}): EventOf<'message.received'> {
    return {
      type: 'message.received',
      id: `message-${++this.#events}`,
      at: this.now,
      businessNumberId: NUMBER.id,
      contact: ANA,
      messageId: `wamid.in.${this.#events}`,
      ...more,
    };
  }
}

/** The schema that a store of this path is in on PostgreSQL. */
export function schemaOf(path: string): string {
  return path === ':memory:' ? freshSchema() : `p${createHash('sha256').update(path).digest('hex').slice(0, 16)}`;
}

/** What a reservation came to, in one word. */
export function word(reservation: CallReservation | RequestReservation): string {
  return reservation.ok ? 'ok' : reservation.reason.code;
}

/** A folder of its own below the system's temporary one, and its removal. */
export function temporaryFolder(): { path: string; file: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'wa-ledger-'));
  return {
    path,
    file: join(path, 'permissions.sqlite'),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
