import { randomBytes } from 'node:crypto';
import type { BusinessNumber, Contact, Permission, Reason } from '../../permission/model.ts';
import type { OptOutWords } from '../../permission/opt-out.ts';
import type { Profile } from '../../permission/profile.ts';
import type { ProviderEvent } from '../../provider/event.ts';
import { doNotCallLines } from '../do-not-call-lines.ts';
import * as input from '../input.ts';
import {
  type Appended,
  type AuditRow,
  type CallIntent,
  type CallOutcome,
  type CallReservation,
  type Correction,
  type DoNotCallImport,
  type DoNotCallPage,
  type Effect,
  type Explanation,
  type Ledger,
  LedgerError,
  type RequestIntent,
  type RequestReservation,
  type Settlement,
  type StoredCall,
} from '../ledger.ts';
import { Connection } from './connection.ts';
import type { WorkerSettings } from './protocol.ts';
import type { OperationName } from './store.ts';

export interface SqliteEngineSettings {
  /** File of the store, or `:memory:`. */
  path: string;
  profile: Profile;
  /** Changes to the list of opt-out words. */
  optOut?: OptOutWords;
  /** For tests: wall and steady milliseconds as two float64, which the test moves. */
  clock?: SharedArrayBuffer;
  /** For tests: largest file in pages of 4 KiB. */
  maxPages?: number;
}

const { checked } = input;
/** So many lines of an import are one operation, so that nobody waits long behind it. */
const IMPORT_PART = 200;

/**
 * A ledger on one SQLite file, owned by a worker thread: nothing here waits for the disk. If the worker dies, what was
 * under way is rejected with `store_unavailable` and the next operation starts a new one.
 */
export class SqliteEngine implements Ledger {
  readonly #settings: WorkerSettings;
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;
  #closed = false;

  private constructor(settings: SqliteEngineSettings) {
    this.#settings = {
      path: settings.path,
      profile: settings.profile,
      owner: randomBytes(9).toString('base64url'),
      maxPages: settings.maxPages ?? 0,
      ...(settings.optOut === undefined ? {} : { optOut: settings.optOut }),
      ...(settings.clock === undefined ? {} : { clock: settings.clock }),
    };
  }

  /** @throws LedgerError if the file cannot be had */
  static async open(settings: SqliteEngineSettings): Promise<SqliteEngine> {
    const engine = new SqliteEngine(settings);
    await engine.#connect();
    return engine;
  }

  /** This opening's name: calls in the store under another one belong to a process that died. */
  get owner(): string {
    return this.#settings.owner;
  }

  reserveRequest(intent: RequestIntent): Promise<RequestReservation> {
    return this.#ask('reserveRequest', () => [checked(input.requestIntent, intent, 'request')]);
  }
  reserveCall(intent: CallIntent): Promise<CallReservation> {
    return this.#ask('reserveCall', () => [checked(input.callIntent, intent, 'call')]);
  }
  settle(reservationId: string, settlement: Settlement): Promise<void> {
    return this.#ask('settle', () => [
      checked(input.reservationId, reservationId, 'reservation id'),
      checked(input.settlement, settlement, 'settlement'),
    ]);
  }
  async append(events: ProviderEvent[]): Promise<Appended[]> {
    const stored = checked(input.providerEvents, events, 'list of events') as ProviderEvent[];
    const news = await this.#ask<Omit<Appended, 'event'>[]>('append', () => [stored]);
    return stored.map((event, index) => ({ event, ...(news[index] ?? { fresh: false, effects: [] }) }));
  }
  dispatched(eventIds: string[]): Promise<void> {
    return this.#ask('dispatched', () => [checked(input.eventIds, eventIds, 'list of event ids')]);
  }
  undispatched(businessNumberId: string): Promise<Appended[]> {
    return this.#ask('undispatched', () => [checked(input.businessNumberId, businessNumberId, 'number id')]);
  }
  finishCall(reservationId: string, end: { outcome: CallOutcome; at: number; errorCode?: string }): Promise<void> {
    return this.#ask('finishCall', () => [
      checked(input.reservationId, reservationId, 'reservation id'),
      checked(input.callEnd, end, 'end of a call'),
    ]);
  }
  endRequested(reservationId: string, as: 'cancelled' | 'no_answer'): Promise<void> {
    return this.#ask('endRequested', () => [
      checked(input.reservationId, reservationId, 'reservation id'),
      checked(input.endRequestedAs, as, 'end of a call'),
    ]);
  }
  liveCalls(businessNumberId: string): Promise<StoredCall[]> {
    return this.#ask('liveCalls', () => [checked(input.businessNumberId, businessNumberId, 'number id')]);
  }
  findCall(id: { reservationId?: string; callId?: string }): Promise<StoredCall | undefined> {
    return this.#ask('findCall', () => [checked(input.callLookup, id, 'call')]);
  }
  adopt(reservationIds: string[]): Promise<void> {
    return this.#ask('adopt', () => [checked(input.reservationIds, reservationIds, 'list of reservation ids')]);
  }
  status(businessNumberId: string, contact: Contact): Promise<Permission> {
    return this.#ask('status', () => [
      checked(input.businessNumberId, businessNumberId, 'number id'),
      checked(input.contactInput, contact, 'contact'),
    ]);
  }
  explain(businessNumber: BusinessNumber, contact: Contact, purpose?: string): Promise<Explanation> {
    return this.#ask('explain', () => [
      checked(input.businessNumberInput, businessNumber, 'business number'),
      checked(input.contactInput, contact, 'contact'),
      ...(purpose === undefined ? [] : [checked(input.purposeInput, purpose, 'purpose')]),
    ]);
  }
  correct(correction: Correction): Promise<Permission> {
    return this.#ask('correct', () => [checked(input.correction, correction, 'correction')]);
  }
  doNotCall(businessNumberId: string, contact: Contact, entry: { listed: boolean; source: string }): Promise<Effect[]> {
    return this.#ask('doNotCall', () => [
      checked(input.businessNumberId, businessNumberId, 'number id'),
      checked(input.contactInput, contact, 'contact'),
      checked(input.doNotCallEntry, entry, 'do-not-call entry'),
    ]);
  }
  async importDoNotCall(
    businessNumberId: string,
    list: string | readonly unknown[],
    options: { source: string; defaultCountry?: string },
  ): Promise<DoNotCallImport> {
    const number = checked(input.businessNumberId, businessNumberId, 'number id');
    const how = checked(input.importOptions, options, 'do-not-call import');
    const lines = doNotCallLines(checked(input.doNotCallInput, list, 'do-not-call list'));
    const result: DoNotCallImport = { listed: 0, already: 0, bad: [], effects: [] };
    for (let start = 0; start < lines.length; start += IMPORT_PART) {
      const part = await this.#ask<DoNotCallImport>('importDoNotCall', () => [
        number,
        lines.slice(start, start + IMPORT_PART),
        how,
      ]);
      result.listed += part.listed;
      result.already += part.already;
      result.bad.push(...part.bad);
      result.effects.push(...part.effects);
    }
    return result;
  }
  doNotCallList(query: { businessNumberId: string; after?: number; limit?: number }): Promise<DoNotCallPage> {
    return this.#ask('doNotCallList', () => [checked(input.doNotCallQuery, query, 'do-not-call query')]);
  }
  stillAllowed(reservationId: string): Promise<Reason | undefined> {
    return this.#ask('stillAllowed', () => [checked(input.reservationId, reservationId, 'reservation id')]);
  }
  claimOptOutConfirmation(businessNumberId: string, contact: Contact): Promise<boolean> {
    return this.#ask('claimOptOutConfirmation', () => [
      checked(input.businessNumberId, businessNumberId, 'number id'),
      checked(input.contactInput, contact, 'contact'),
    ]);
  }
  sweep(): Promise<Effect[]> {
    return this.#ask('sweep', () => []);
  }
  audit(query: {
    businessNumberId?: string;
    contact?: Contact;
    afterSeq?: number;
    limit?: number;
  }): Promise<AuditRow[]> {
    return this.#ask('audit', () => [checked(input.auditQuery, query, 'audit query')]);
  }

  /** Never rejects: a store that cannot be had is an answer here. */
  async health(): Promise<{ ok: boolean; engine: string; location: string; detail?: string }> {
    try {
      return await this.#ask('health', () => []);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return { ok: false, engine: 'sqlite', location: this.#settings.path, detail };
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const connection = this.#connection ?? (await this.#opening?.catch(() => undefined));
    this.#connection = undefined;
    await connection?.close();
  }

  /** For tests: the worker dies as if it had crashed. */
  async crashForTest(): Promise<void> {
    await this.#connection?.kill();
  }

  #ask<T>(name: OperationName, args: () => unknown[]): Promise<T> {
    let ready: unknown[];
    try {
      ready = args();
    } catch (error) {
      return Promise.reject(error);
    }
    // What the worker answers is what the operation of that name returns.
    if (this.#connection !== undefined) return this.#connection.ask(name, ready) as Promise<T>;
    return this.#connect().then((connection) => connection.ask(name, ready) as Promise<T>);
  }

  #connect(): Promise<Connection> {
    if (this.#closed) {
      return Promise.reject(
        new LedgerError('store_unavailable', 'The permission store is closed.', 'Open it again with openLedger.'),
      );
    }
    if (this.#connection !== undefined) return Promise.resolve(this.#connection);
    this.#opening ??= Connection.open(this.#settings, () => {
      this.#connection = undefined;
    }).then(
      (connection) => {
        this.#opening = undefined;
        // Closing while it opens: `close` waits for this promise and takes the connection from it.
        if (!this.#closed) this.#connection = connection;
        return connection;
      },
      (error: unknown) => {
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }
}
