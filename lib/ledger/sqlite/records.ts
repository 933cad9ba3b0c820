import type { Contact, Instant, PermissionStatus, Use } from '../../permission/model.ts';
import type { ProviderEvent } from '../../provider/event.ts';
import type { Appended, AuditRow, Effect } from '../ledger.ts';
import type {
  AuditEntry,
  CallbackPageQuery,
  CallbackRow,
  CallPageQuery,
  CallRow,
  ChainedRow,
  CountedCall,
  NumberLoad,
  NumberRow,
  PairRow,
  Purge,
  Records,
  RequestRow,
  UsageCounts,
  UsageQuery,
} from '../operations/records.ts';
import * as aliases from './alias-table.ts';
import * as audits from './audit-table.ts';
import * as calls from './call-table.ts';
import * as windows from './call-window.ts';
import * as callbacks from './callback-table.ts';
import { auditChain, readPlace } from './chain-places.ts';
import * as inbox from './inbox-table.ts';
import * as lapses from './lapses.ts';
import * as notices from './notice-table.ts';
import * as numbers from './number-table.ts';
import * as pairs from './pair-table.ts';
import * as requests from './request-table.ts';
import { asMaintenance, purge } from './retention.ts';
import type { Session } from './session.ts';
import { countUsage } from './usage.ts';

/** The records of the open transaction on the SQLite file: every read and write is a statement, at once. */
export class SqliteRecords implements Records {
  readonly #tx: Session;
  constructor(tx: Session) {
    this.#tx = tx;
  }

  readNumber(id: string, phone?: string): NumberRow {
    return numbers.readNumber(this.#tx, id, phone);
  }
  findNumber(id: string): NumberRow | undefined {
    return numbers.findNumber(this.#tx, id);
  }
  numbers(): string[] {
    return numbers.numbers(this.#tx);
  }
  numberIdOf(numberId: number): string {
    return numbers.numberIdOf(this.#tx, numberId);
  }
  restrictNumber(numberId: number, until: Instant, restriction: string): void {
    numbers.restrictNumber(this.#tx, numberId, until, restriction);
  }
  load(numberId: number, after: Instant): NumberLoad {
    return this.#tx.loads.count(this.#tx.db, numberId, this.#tx.now, after);
  }

  readPair(pairId: number): PairRow {
    return pairs.readPair(this.#tx, pairId);
  }
  insertPair(numberId: number, contact: Contact): PairRow {
    return pairs.insertPair(this.#tx, numberId, contact);
  }
  writeContact(pair: PairRow): void {
    pairs.writeContact(this.#tx, pair);
  }
  writeState(pair: PairRow): void {
    pairs.writeState(this.#tx, pair);
  }
  findAlias(numberId: number, name: string): { pairId: number; proven: boolean } | undefined {
    return aliases.findAlias(this.#tx, numberId, name);
  }
  link(numberId: number, name: string, pairId: number, proven: boolean): void {
    aliases.link(this.#tx, numberId, name, pairId, proven);
  }
  aliasesOf(pairId: number): { name: string; proven: boolean }[] {
    return aliases.aliasesOf(this.#tx, pairId);
  }
  unlink(numberId: number, name: string): void {
    aliases.unlink(this.#tx, numberId, name);
  }
  fingerprintKey(): Uint8Array | undefined {
    return aliases.fingerprintKey(this.#tx);
  }
  writeFingerprintKey(key: Uint8Array): void {
    aliases.writeFingerprintKey(this.#tx, key);
  }
  forgetPair(pairId: number): void {
    pairs.forgetPair(this.#tx, pairId);
  }
  pairsByStatus(numberId: number, status: PermissionStatus, afterPairId: number, limit: number): PairRow[] {
    return pairs.pairsByStatus(this.#tx, numberId, status, afterPairId, limit);
  }
  absorb(kept: number, gone: number): void {
    pairs.absorbPair(this.#tx, kept, gone);
  }
  mergedInto(pairId: number): number[] {
    return pairs.mergedInto(this.#tx, pairId);
  }
  doNotCallPairs(numberId: number, afterPairId: number, limit: number): PairRow[] {
    return pairs.doNotCallPairs(this.#tx, numberId, afterPairId, limit);
  }

  insertRequest(request: RequestRow): void {
    requests.insertRequest(this.#tx, request);
  }
  writeRequest(request: RequestRow): void {
    requests.writeRequest(this.#tx, request);
  }
  findRequest(reservationId: string): RequestRow | undefined {
    return requests.findRequest(this.#tx, reservationId);
  }
  findRequestByProviderId(providerId: string, numberId: number): RequestRow | undefined {
    return requests.findRequestByProviderId(this.#tx, providerId, numberId);
  }
  findUnknownRequest(pairId: number): RequestRow | undefined {
    return requests.findUnknownRequest(this.#tx, pairId);
  }
  requestUses(pairId: number, after: Instant): Use[] {
    return requests.requestUses(this.#tx, pairId, after);
  }
  reservedRequests(pairId: number): string[] {
    return requests.reservedRequests(this.#tx, pairId);
  }
  requestsOf(pairId: number): RequestRow[] {
    return requests.requestsOf(this.#tx, pairId);
  }
  forgetRequest(request: RequestRow): void {
    requests.forgetRequest(this.#tx, request);
  }
  abandonedRequests(limit: number): RequestRow[] {
    return requests.abandonedRequests(this.#tx, limit);
  }

  writeCall(call: CallRow, isNew?: boolean): void {
    calls.writeCall(this.#tx, call, isNew);
  }
  deleteCall(call: CallRow): void {
    calls.deleteCall(this.#tx, call);
  }
  findCall(reservationId: string): CallRow | undefined {
    return calls.findCallByReservation(this.#tx, reservationId);
  }
  findCallByProviderId(callId: string, numberId?: number): CallRow | undefined {
    return calls.findCallByProviderId(this.#tx, callId, numberId);
  }
  everyCall(pairId: number): CallRow[] {
    return calls.everyCall(this.#tx, pairId);
  }
  forgetCall(call: CallRow): void {
    calls.forgetCall(this.#tx, call);
  }
  callsWithoutEnd(numberId: number): CallRow[] {
    return calls.callsWithoutEnd(this.#tx, numberId);
  }
  abandonedCalls(limit: number): CallRow[] {
    return calls.abandonedCalls(this.#tx, limit);
  }
  ownerLives(owner: string): boolean {
    return owner === this.#tx.owner;
  }
  callPage(query: CallPageQuery): { calls: CallRow[]; next?: string } {
    return calls.callPage(this.#tx, query);
  }
  writeCallback(callback: CallbackRow): void {
    callbacks.writeCallback(this.#tx, callback);
  }
  findCallback(callbackId: string): CallbackRow | undefined {
    return callbacks.findCallback(this.#tx, callbackId);
  }
  findCallbackByKey(numberId: number, key: Uint8Array): CallbackRow | undefined {
    return callbacks.findCallbackByKey(this.#tx, numberId, key);
  }
  writeCallbackKey(numberId: number, key: Uint8Array, callback: CallbackRow): void {
    callbacks.writeCallbackKey(this.#tx, numberId, key, callback);
  }
  openCallbacks(pairId: number): CallbackRow[] {
    return callbacks.openCallbacks(this.#tx, pairId);
  }
  callbacksToClaim(numberId: number, limit: number): CallbackRow[] {
    return callbacks.callbacksToClaim(this.#tx, numberId, limit);
  }
  callbackPage(query: CallbackPageQuery): { callbacks: CallbackRow[]; next?: string } {
    return callbacks.callbackPage(this.#tx, query);
  }
  deleteCallbacks(pairId: number): CallbackRow[] {
    return callbacks.deleteCallbacks(this.#tx, pairId);
  }
  unansweredEnds(pairId: number, limit: number): Instant[] {
    return calls.unansweredEnds(this.#tx, pairId, limit);
  }
  callsOf(pairId: number, after: Instant): CountedCall[] {
    return windows.callsOf(this.#tx, pairId, after);
  }
  lastCall(pairId: number): Instant | undefined {
    return windows.lastCall(this.#tx, pairId);
  }
  unansweredCalls(pairId: number, after: Instant): Use[] {
    return windows.unansweredCalls(this.#tx, pairId, after);
  }
  liveCalls(pairId: number): string[] {
    return windows.liveCalls(this.#tx, pairId);
  }

  knowsEvent(key: Uint8Array): boolean {
    return inbox.knowsEvent(this.#tx, key);
  }
  insertEvent(key: Uint8Array, event: ProviderEvent, effects: readonly Effect[]): void {
    inbox.insertEvent(this.#tx, key, event, effects);
  }
  dispatched(keys: readonly Uint8Array[]): void {
    inbox.dispatched(this.#tx, keys);
  }
  undispatched(businessNumberId: string): Appended[] {
    return inbox.undispatched(this.#tx, businessNumberId);
  }
  purgeInbox(doneBefore: Instant, allBefore: Instant): void {
    inbox.purgeInbox(this.#tx, doneBefore, allBefore);
  }
  insertNotices(effects: readonly Effect[]): void {
    notices.insertNotices(this.#tx, effects);
  }
  takeNotices(): Effect[] {
    return notices.takeNotices(this.#tx);
  }
  lapseCandidates(before: Parameters<Records['lapseCandidates']>[0], limit: number): PairRow[] {
    return lapses.lapseCandidates(this.#tx, before, limit);
  }
  nearestLapse(): ReturnType<Records['nearestLapse']> {
    return lapses.nearestLapse(this.#tx);
  }

  countUsage(query: UsageQuery): UsageCounts & { next?: number } {
    return countUsage(this.#tx, query);
  }

  writeAudit(entry: AuditEntry): void {
    audits.writeAudit(this.#tx, entry);
  }
  readAudit(query: Parameters<Records['readAudit']>[0]): AuditRow[] {
    return audits.readAudit(this.#tx.db, query);
  }
  auditChain(afterSeq: number, limit: number): ChainedRow[] {
    return auditChain(this.#tx.db, afterSeq, limit);
  }
  auditEnds(): ReturnType<Records['auditEnds']> {
    // What this transaction has appended itself is not in the file's own note of the head yet.
    this.#tx.chain.save(this.#tx.db);
    const anchor = readPlace(this.#tx.db, 'audit_anchor');
    const head = readPlace(this.#tx.db, 'audit_head');
    return { ...(anchor === undefined ? {} : { anchor }), ...(head === undefined ? {} : { head }) };
  }
  eraseAudit(pairIds: readonly number[]): number {
    return asMaintenance(this.#tx, () => audits.eraseAudit(this.#tx.db, pairIds));
  }
  purge(what: Purge): void {
    purge(this.#tx, what);
  }
}
