import type { BusinessNumber, Contact, Instant, Permission, Reason } from '../permission/model.ts';
import type { ProviderEvent } from '../provider/event.ts';
import type { CallRecordPage, CallRecordQuery } from './call-record.ts';
import type {
  CallbackClaim,
  CallbackEnd,
  CallbackPage,
  CallbackQuery,
  CallbackRequest,
  NewCallback,
} from './callback.ts';
import { doNotCallParts } from './do-not-call-lines.ts';
import * as input from './input.ts';
import type {
  Appended,
  AuditQuery,
  AuditRow,
  AuditVerdict,
  CallIntent,
  CallOutcome,
  CallReservation,
  Correction,
  DoNotCallImport,
  DoNotCallPage,
  Effect,
  Erasure,
  Explanation,
  Ledger,
  PermissionListQuery,
  PermissionPage,
  RequestIntent,
  RequestReservation,
  Settlement,
  Statistics,
  StatisticsQuery,
  StoredCall,
} from './ledger.ts';
import type { OPERATIONS, OperationName } from './operations/operations.ts';
import type { UsageCounts } from './operations/records.ts';
import { sumUp } from './operations/statistics.ts';
import type { AuditProgress } from './operations/verify-audit.ts';

const { checked } = input;
/** So many lines of an import are one operation, so that nobody waits long behind it. */
const IMPORT_PART = 200;
/** Calls, callback requests and people on a page, if the query does not say. */
const LIST_PAGE = 100;
const RECORDS_PAGE = 100;
const CALLBACKS_PAGE = 100;

/**
 * The ledger as its users see it, whatever the engine: every argument is checked before it goes anywhere, and every method
 * becomes one named operation.
 */
export abstract class CheckedLedger implements Ledger {
  abstract health(): Promise<{ ok: boolean; engine: string; location: string; detail?: string }>;
  abstract close(): Promise<void>;

  /**
   * Runs one operation and resolves after it is durable.
   * @param args checked when called; what it throws rejects
   */
  protected abstract ask<T>(name: OperationName, args: () => unknown[]): Promise<T>;

  reserveRequest(intent: RequestIntent): Promise<RequestReservation> {
    return this.ask('reserveRequest', () => [checked(input.requestIntent, intent, 'request')]);
  }
  reserveCall(intent: CallIntent): Promise<CallReservation> {
    return this.ask('reserveCall', () => [checked(input.callIntent, intent, 'call')]);
  }
  settle(reservationId: string, settlement: Settlement): Promise<void> {
    return this.ask('settle', () => [
      checked(input.reservationId, reservationId, 'reservation id'),
      checked(input.settlement, settlement, 'settlement'),
    ]);
  }
  async append(events: ProviderEvent[]): Promise<Appended[]> {
    const stored = checked(input.providerEvents, events, 'list of events') as ProviderEvent[];
    const news = await this.ask<Omit<Appended, 'event'>[]>('append', () => [stored]);
    return stored.map((event, index) => ({ event, ...(news[index] ?? { fresh: false, effects: [] }) }));
  }
  dispatched(eventIds: string[]): Promise<void> {
    return this.ask('dispatched', () => [checked(input.eventIds, eventIds, 'list of event ids')]);
  }
  undispatched(businessNumberId: string): Promise<Appended[]> {
    return this.ask('undispatched', () => [checked(input.businessNumberId, businessNumberId, 'number id')]);
  }
  finishCall(reservationId: string, end: { outcome: CallOutcome; at: number; errorCode?: string }): Promise<void> {
    return this.ask('finishCall', () => [
      checked(input.reservationId, reservationId, 'reservation id'),
      checked(input.callEnd, end, 'end of a call'),
    ]);
  }
  endRequested(reservationId: string, as: 'cancelled' | 'no_answer' | 'failed'): Promise<boolean> {
    return this.ask('endRequested', () => [
      checked(input.reservationId, reservationId, 'reservation id'),
      checked(input.endRequestedAs, as, 'end of a call'),
    ]);
  }
  liveCalls(businessNumberId: string): Promise<StoredCall[]> {
    return this.ask('liveCalls', () => [checked(input.businessNumberId, businessNumberId, 'number id')]);
  }
  findCall(id: { reservationId?: string; callId?: string }): Promise<StoredCall | undefined> {
    return this.ask('findCall', () => [checked(input.callLookup, id, 'call')]);
  }
  adopt(reservationIds: string[]): Promise<void> {
    return this.ask('adopt', () => [checked(input.reservationIds, reservationIds, 'list of reservation ids')]);
  }
  claimCall(callId: string, purpose?: string): Promise<StoredCall | undefined> {
    return this.ask('claimCall', () => [
      checked(input.callId, callId, 'call id'),
      ...(purpose === undefined ? [] : [checked(input.purposeInput, purpose, 'purpose')]),
    ]);
  }
  callRecords(query: CallRecordQuery): Promise<CallRecordPage> {
    return this.#page(query, RECORDS_PAGE, (rest) =>
      this.ask<CallRecordPage>('callRecords', () => [checked(input.callRecordQuery, rest, 'call record query')]),
    );
  }
  noteRecording(id: string, recording: { file: string; seconds?: number }): Promise<boolean> {
    return this.ask('noteRecording', () => [
      checked(input.reservationId, id, 'reservation id'),
      checked(input.recording, recording, 'recording'),
    ]);
  }
  noteScore(id: string, score: number): Promise<boolean> {
    return this.ask('noteScore', () => [
      checked(input.reservationId, id, 'reservation id'),
      checked(input.score, score, 'score'),
    ]);
  }
  noteCallEnd(...[id, end]: Parameters<Ledger['noteCallEnd']>): Promise<boolean> {
    return this.ask('noteCallEnd', () => [
      checked(input.reservationId, id, 'reservation id'),
      checked(input.noteOfEnd, end, 'end of a call'),
    ]);
  }
  addCallback(wish: NewCallback): Promise<{ callback: CallbackRequest; added: boolean }> {
    return this.ask('addCallback', () => [checked(input.newCallback, wish, 'callback request')]);
  }
  callbacks(query: CallbackQuery): Promise<CallbackPage> {
    return this.#page(query, CALLBACKS_PAGE, (rest) =>
      this.ask<CallbackPage>('callbacks', () => [checked(input.callbackQuery, rest, 'callback query')]),
    );
  }
  async claimCallback(query: CallbackClaim): Promise<CallbackRequest | undefined> {
    for (;;) {
      const { callback, again } = await this.ask<ReturnType<typeof OPERATIONS.claimCallback>>('claimCallback', () => [
        checked(input.callbackClaim, query, 'claim of a callback'),
      ]);
      if (callback !== undefined || again !== true) return callback;
    }
  }
  finishCallback(id: string, end: CallbackEnd): Promise<CallbackRequest> {
    return this.ask('finishCallback', () => [
      checked(input.callbackId, id, 'callback id'),
      checked(input.callbackEnd, end, 'end of a callback'),
    ]);
  }
  status(businessNumberId: string, contact: Contact): Promise<Permission> {
    return this.ask('status', () => [
      checked(input.businessNumberId, businessNumberId, 'number id'),
      checked(input.contactInput, contact, 'contact'),
    ]);
  }
  explain(businessNumber: BusinessNumber, contact: Contact, purpose?: string): Promise<Explanation> {
    return this.ask('explain', () => [
      checked(input.businessNumberInput, businessNumber, 'business number'),
      checked(input.contactInput, contact, 'contact'),
      ...(purpose === undefined ? [] : [checked(input.purposeInput, purpose, 'purpose')]),
    ]);
  }
  correct(correction: Correction): Promise<Permission> {
    return this.ask('correct', () => [checked(input.correction, correction, 'correction')]);
  }
  doNotCall(businessNumberId: string, contact: Contact, entry: { listed: boolean; source: string }): Promise<Effect[]> {
    return this.ask('doNotCall', () => [
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
    const lines = checked(input.doNotCallInput, list, 'do-not-call list');
    const result: DoNotCallImport = { listed: 0, already: 0, bad: [], effects: [] };
    for (const entries of doNotCallParts(lines, IMPORT_PART)) {
      const part = await this.ask<DoNotCallImport>('importDoNotCall', () => [number, entries, how]);
      result.listed += part.listed;
      result.already += part.already;
      result.bad.push(...part.bad);
      result.effects.push(...part.effects);
    }
    return result;
  }
  doNotCallList(query: { businessNumberId: string; after?: number; limit?: number }): Promise<DoNotCallPage> {
    return this.ask('doNotCallList', () => [checked(input.doNotCallQuery, query, 'do-not-call query')]);
  }
  stillAllowed(reservationId: string): Promise<Reason | undefined> {
    return this.ask('stillAllowed', () => [checked(input.reservationId, reservationId, 'reservation id')]);
  }
  claimOptOutConfirmation(businessNumberId: string, contact: Contact): Promise<boolean> {
    return this.ask('claimOptOutConfirmation', () => [
      checked(input.businessNumberId, businessNumberId, 'number id'),
      checked(input.contactInput, contact, 'contact'),
    ]);
  }
  sweep(): Promise<Effect[]> {
    return this.ask('sweep', () => []);
  }
  nextLapse(): Promise<Instant | undefined> {
    return this.ask('nextLapse', () => []);
  }
  audit(query: AuditQuery): Promise<AuditRow[]> {
    return this.ask('audit', () => [checked(input.auditQuery, query, 'audit query')]);
  }
  async verifyAudit(): Promise<AuditVerdict> {
    let progress: AuditProgress | undefined;
    for (;;) {
      const part: ReturnType<typeof OPERATIONS.verifyAudit> = await this.ask('verifyAudit', () =>
        progress === undefined ? [] : [progress],
      );
      if ('verdict' in part) return part.verdict;
      progress = part.progress;
    }
  }
  erase(businessNumberId: string, contact: Contact): Promise<Erasure> {
    return this.ask('erase', () => [
      checked(input.businessNumberId, businessNumberId, 'number id'),
      checked(input.contactInput, contact, 'contact'),
    ]);
  }
  async list(query: PermissionListQuery): Promise<PermissionPage> {
    const page: PermissionPage = { entries: [] };
    let rest = query;
    for (;;) {
      const part = await this.ask<PermissionPage>('list', () => [
        checked(input.permissionListQuery, rest, 'list query') as PermissionListQuery,
      ]);
      page.entries.push(...part.entries);
      const limit = (query.limit ?? LIST_PAGE) - page.entries.length;
      if (part.next === undefined) return page;
      if (limit <= 0) return { ...page, next: part.next };
      rest = { ...query, after: part.next, limit };
    }
  }
  async statistics(query: StatisticsQuery): Promise<Statistics> {
    const wanted = checked(input.statisticsQuery, query, 'statistics query');
    const parts: UsageCounts[] = [];
    // In parts, so that others are served in between.
    for (let after: number | undefined = 0; after !== undefined; ) {
      const from: number = after;
      const part = await this.ask<UsageCounts & { next?: number }>('statistics', () => [wanted, from]);
      parts.push(part);
      after = part.next;
    }
    return sumUp(parts);
  }

  /** Asks for parts until the page is full or there is nothing more. */
  async #page<Query extends { after?: string; limit?: number }, Entry>(
    query: Query,
    usual: number,
    part: (query: Query) => Promise<{ entries: Entry[]; next?: string }>,
  ): Promise<{ entries: Entry[]; next?: string }> {
    const entries: Entry[] = [];
    let rest = query;
    for (;;) {
      const { entries: more, next } = await part(rest);
      entries.push(...more);
      if (next === undefined) return { entries };
      const limit = (query.limit ?? usual) - entries.length;
      if (limit <= 0) return { entries, next };
      rest = { ...query, after: next, limit };
    }
  }
}
