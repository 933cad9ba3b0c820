import { type OptOutMatcher, type OptOutWords, optOutMatcher } from '../../permission/opt-out.ts';
import type { Profile } from '../../permission/profile.ts';
import { LedgerClock, type TimeSource } from '../clock.ts';
import { dedupeKey } from '../dedupe-key.ts';
import { type Appended, LedgerError } from '../ledger.ts';
import { fingerprintUnder } from '../operations/fingerprint.ts';
import { OPERATIONS, type OperationName } from '../operations/operations.ts';
import type { Transaction } from '../operations/transaction.ts';
import { sweepLeases } from '../operations/upkeep.ts';
import { type BringName, type BroughtRows, bringStatements, horizons, idStatements } from './bring.ts';
import type { Brought } from './brought.ts';
import { type Changes, isEmpty } from './changes.ts';
import { codeOf, isConnectionLost, isReadOnly, isWorthAnotherTry } from './faults.ts';
import { type Link, type Row, type Statement, TransactionLost } from './link.ts';
import { Missing, Needs } from './needs.ts';
import { addNeeds, type Hints } from './needs-of.ts';
import { Questions } from './questions.ts';
import { readBrought } from './read-brought.ts';
import { type Proposals, WorkingSet } from './working-set.ts';
import { writeStatements } from './write.ts';

export interface Operation {
  name: OperationName | 'sweepLeases';
  args: unknown[];
}
export type Outcome = { ok: true; value: unknown } | { ok: false; error: unknown };

export interface StoreOptions {
  /** Quoted. */
  schema: string;
  profile: Profile;
  optOut?: OptOutWords;
  owner: string;
  /** For tests, instead of the server's clock. */
  time?: TimeSource;
  keepFor?: number;
  /** Told just before events of this batch may become durable, and if they surely or perhaps did not. */
  onEvents?: (keys: readonly string[], state: 'storing' | 'failed') => void;
}

/** Something is needed that was not brought: each time more is known, so more than a few tries mean a fault of ours. */
const MOST_TRIES = 60;
/** Somebody else was in the way. */
const MOST_CONFLICTS = 8;
const REMEMBERED_RESERVATIONS = 10_000;

/** Thrown when a read-only try turns out to write. */
export class WritesAfterAll extends Error {}

/**
 * Runs operations of the ledger on a PostgreSQL schema: one batch is one transaction on one connection. What the operations
 * will look at is locked and brought in a first round trip, they run in memory, and what they wrote is sent with the commit in
 * a second one. Each has its own outcome; none is told before the commit.
 */
export class PostgresStore {
  readonly #options: StoreOptions;
  readonly #reservations = new Map<string, string>();
  readonly #hints: Hints;
  #clock: LedgerClock | undefined;
  /** The server's clock as last read, and our steady clock at that moment. */
  #wall = 0;
  /** How far the ledger's time is from it. */
  #ahead = 0;
  #steady = 0;
  #pairIds: number[] = [];
  #fingerprintKey: Uint8Array | undefined;
  #matcher: OptOutMatcher | undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#hints = {
      numberOf: (reservationId) => this.#reservations.get(reservationId),
      fingerprint: (name) => {
        const key = this.#fingerprintKey;
        return key === undefined ? undefined : fingerprintUnder(key, name);
      },
    };
  }

  /** About now: only for choosing what to bring. */
  get about(): number {
    const { time } = this.#options;
    if (time !== undefined) return Math.floor(time.wall() + this.#ahead);
    return Math.floor(this.#wall + performance.now() - this.#steady + this.#ahead);
  }

  get clockIsSure(): boolean {
    return this.#clock?.read().sure ?? true;
  }

  /**
   * @param locked false: nothing may be written, nothing is locked
   * @throws what the server or the network said, if nothing of the batch was stored (or perhaps, see `isConnectionLost`)
   * @throws WritesAfterAll
   */
  async run(link: Link, operations: readonly Operation[], locked: boolean): Promise<Outcome[]> {
    const needs = new Needs();
    for (const { name, args } of operations) addNeeds(needs, name, args, this.#hints);
    let conflicts = 0;
    let lost = false;
    let missing = '';
    let open = false;
    // What one try makes up, the next one makes up as well: names are looked for by it.
    const proposals: Proposals = { fingerprintKey: undefined };
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      let brought: Brought;
      let within: Link['client'];
      try {
        brought = await this.#bring(link, needs, locked, open);
        within = link.client;
        open = locked;
      } catch (error) {
        open = true;
        conflicts += weightOf(error);
        if (isWorthAnotherTry(error) && conflicts <= MOST_CONFLICTS) continue;
        // Nothing was written yet, so a connection that was found dead costs nothing but a new one.
        if (isConnectionLost(error) && !lost && link.wasUsed) {
          lost = true;
          open = false;
          link.drop();
          continue;
        }
        giveUp(link, error);
        throw error;
      }
      let result: { outcomes: Outcome[]; changes: Changes };
      try {
        result = this.#perform(operations, brought, proposals);
      } catch (error) {
        if (error instanceof Missing) {
          error.add(needs);
          missing = error.message;
          // Only who may write is given ids for new rows: a look at a number that nobody has stored yet makes it.
          if (!locked && needs.numberIds > 0) throw new WritesAfterAll();
          continue;
        }
        giveUp(link, error);
        throw error;
      }
      if (isEmpty(result.changes)) {
        // Nobody has to wait for the end of a transaction that changed nothing.
        if (locked) void link.exchange([{ text: 'COMMIT' }]).catch(() => undefined);
        return result.outcomes;
      }
      if (!locked) throw new WritesAfterAll();
      try {
        await this.#write(link, result.changes, brought, within);
        this.#remember(operations, result.outcomes);
        return result.outcomes;
      } catch (error) {
        open = true;
        conflicts += weightOf(error);
        if (!(isWorthAnotherTry(error) || error instanceof TransactionLost) || conflicts > MOST_CONFLICTS) {
          giveUp(link, error);
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * conflicts));
      }
    }
    giveUp(link, undefined);
    throw new LedgerError(
      'store_unavailable',
      `The permission store could not finish an operation (${missing}).`,
      'Please report this.',
    );
  }

  async #bring(link: Link, needs: Needs, locked: boolean, open: boolean): Promise<Brought> {
    const { schema, profile } = this.#options;
    const about = this.about;
    const blocks = Math.ceil(Math.max(0, needs.pairIds - this.#pairIds.length) / 64);
    const named = bringStatements(schema, needs, profile, about, locked);
    for (const [key, question] of needs.questions) named.push([`question ${key}`, question(about)]);
    if (locked) named.push(...idStatements(schema, blocks, needs.numberIds));
    const before: Statement[] = open ? [{ text: 'ROLLBACK' }] : [];
    const after: Statement[] = locked ? [] : [{ text: 'COMMIT' }];
    const answers = await link.exchange([...before, ...named.map(([, statement]) => statement), ...after]);
    const rows: BroughtRows & Map<BringName, Row[]> = new Map(
      named.map(([name], index) => [name, answers[index + before.length]?.rows ?? []]),
    );
    for (const { id } of rows.get('pairIds') ?? []) {
      for (let next = 0; next < 64; next++) this.#pairIds.push(Number(id) + next);
    }
    const { now, sure } = this.#readClock(rows.get('time')?.[0]);
    const brought = readBrought(rows, needs, profile, horizons(needs, profile, about), {
      now,
      sure,
      pairIds: this.#pairIds,
      numberIds: (rows.get('numberIds') ?? []).map(({ id }) => Number(id)),
    });
    this.#fingerprintKey = brought.fingerprintKey;
    return brought;
  }

  /** The clock of all instances is the server's; it was read after the lock. */
  #readClock(row: Row | undefined): { now: number; sure: boolean } {
    if (row === undefined)
      throw new LedgerError(
        'store_corrupt',
        'The permission store has lost its row of the chain.',
        'Restore a backup.',
      );
    this.#wall = Number(row.now);
    this.#steady = performance.now();
    const lastAt = Number(row.last_at);
    this.#clock ??= new LedgerClock(
      this.#options.time ?? { wall: () => this.#wall, steady: () => this.#steady },
      lastAt,
    );
    this.#clock.notBefore(lastAt);
    const read = this.#clock.read();
    this.#ahead = read.now - (this.#options.time?.wall() ?? this.#wall);
    return read;
  }

  /** Runs the operations in memory. One that throws takes none with it: the others run again without it. */
  #perform(
    operations: readonly Operation[],
    brought: Brought,
    proposals: Proposals,
  ): { outcomes: Outcome[]; changes: Changes } {
    const { schema, profile, owner, keepFor } = this.#options;
    const failed = new Map<number, unknown>();
    for (;;) {
      const records = new WorkingSet(brought, profile, owner, new Questions(schema, owner, brought.answers), proposals);
      const tx: Transaction = {
        records,
        profile,
        saysOptOut: (text) => this.#saysOptOut(text),
        owner,
        now: brought.now,
        sure: brought.sure,
        createdAt: brought.createdAt,
        ...(keepFor === undefined ? {} : { keepFor }),
        heardProvider: (at) => void records.changes.heard.push(at),
      };
      const outcomes: Outcome[] = [];
      for (const [index, operation] of operations.entries()) {
        if (failed.has(index)) {
          outcomes.push({ ok: false, error: failed.get(index) });
          continue;
        }
        try {
          outcomes.push({ ok: true, value: perform(tx, operation, records.changes) });
        } catch (error) {
          if (error instanceof Missing) throw error;
          failed.set(index, error);
          break;
        }
      }
      if (outcomes.length === operations.length) return { outcomes, changes: records.changes };
    }
  }

  async #write(link: Link, changes: Changes, brought: Brought, within: Link['client']): Promise<void> {
    const { schema, profile, onEvents } = this.#options;
    if (within === undefined) throw new TransactionLost();
    // Used up even if this fails: nobody may know whether it did.
    if (changes.newPairs.size > 0) this.#pairIds = this.#pairIds.filter((id) => !changes.newPairs.has(id));
    for (const at of changes.heard) this.#clock?.heardProvider(at);
    const clock = this.#clock?.read() ?? brought;
    const setBack = clock.now < brought.now;
    // A time that is not to be trusted is not written down for others.
    const written = clock.sure || setBack ? clock.now : 0;
    const statements = writeStatements(schema, changes, brought, profile, { now: written, setBack });
    const mine = [...changes.events.values()].filter(({ taker }) => taker !== '').map(({ key }) => key);
    if (mine.length > 0) onEvents?.(mine, 'storing');
    try {
      const answers = await link.exchange([...statements, ...tell(schema, changes), { text: 'COMMIT' }], within);
      if (answers.at(-1)?.command !== 'COMMIT') throw new Error('the transaction was rolled back');
    } catch (error) {
      if (mine.length > 0) onEvents?.(mine, 'failed');
      throw error;
    }
    if (changes.fingerprintKey !== undefined) this.#fingerprintKey = changes.fingerprintKey;
  }

  /** Which business number our reservations belong to, so that settling them finds everything at the first try. */
  #remember(operations: readonly Operation[], outcomes: readonly Outcome[]): void {
    for (const [index, { name, args }] of operations.entries()) {
      const outcome = outcomes[index];
      if ((name !== 'reserveCall' && name !== 'reserveRequest') || outcome?.ok !== true) continue;
      const { reservationId } = outcome.value as { reservationId?: string };
      if (reservationId === undefined) continue;
      this.#reservations.set(reservationId, (args[0] as { businessNumber: { id: string } }).businessNumber.id);
    }
    for (const oldest of this.#reservations.keys()) {
      if (this.#reservations.size <= REMEMBERED_RESERVATIONS) break;
      this.#reservations.delete(oldest);
    }
  }

  /** The list of words is put together when the first message comes: it takes a tenth of a second. */
  #saysOptOut(text: string): ReturnType<OptOutMatcher> {
    this.#matcher ??= optOutMatcher(this.#options.optOut);
    return this.#matcher(text);
  }
}

/** Leaves no transaction open behind a failure, and waits for nothing. */
function giveUp(link: Link, error: unknown): void {
  if (isConnectionLost(error) && error !== undefined) link.drop();
  // The link itself has let it go.
  else if (isReadOnly(error)) return;
  else void link.exchange([{ text: 'ROLLBACK' }]).catch(() => undefined);
}

/** Waiting in vain for a lock takes seconds; who came second knows at once. */
function weightOf(error: unknown): number {
  return codeOf(error) === '55P03' ? MOST_CONFLICTS / 2 : 1;
}

function perform(tx: Transaction, { name, args }: Operation, changes: Changes): unknown {
  if (name === 'append') {
    const appended = OPERATIONS.append(tx, args[0] as Parameters<typeof OPERATIONS.append>[1]);
    // The caller still has the events themselves.
    return appended.map(({ event, ...news }): Omit<Appended, 'event'> => {
      const stored = changes.events.get(Buffer.from(dedupeKey(event.id)).toString('hex'));
      return news.fresh && stored?.taker === '' ? { ...news, owner: stored.owner } : news;
    });
  }
  if (name === 'sweepLeases') return sweepLeases(tx);
  const operation = OPERATIONS[name] as (tx: Transaction, ...args: unknown[]) => unknown;
  return operation(tx, ...args);
}

/** Wakes the owners of calls that something was stored about. With ids only; who misses it asks by itself. */
function tell(schema: string, changes: Changes): Statement[] {
  const news = new Set<string>();
  for (const { owner, taker, event } of changes.events.values()) {
    if (taker === '') news.add(JSON.stringify({ owner, number: event.businessNumberId }));
  }
  return [...news].map((text) => ({ text: 'SELECT pg_notify($1, $2)', values: [channelOf(schema), text] }));
}

export function channelOf(schema: string): string {
  return `whatsapp_calling_${schema.replaceAll('"', '')}`.slice(0, 63);
}
