import type { Contact, Instant, PermissionStatus, Use } from '../../permission/model.ts';
import type { Profile } from '../../permission/profile.ts';
import type { ProviderEvent } from '../../provider/event.ts';
import type { Appended, AuditRow, Effect } from '../ledger.ts';
import { detailDigest } from '../operations/chain.ts';
import type {
  AuditEntry,
  CallbackPageQuery,
  CallbackRow,
  CallPageQuery,
  CallRow,
  ChainedRow,
  ChainPlace,
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
import { OWNER_SILENT_MS } from '../timings.ts';
import type { Brought } from './brought.ts';
import { CallbacksInHand } from './callbacks-in-hand.ts';
import { CallsInHand } from './calls-in-hand.ts';
import type { Changes } from './changes.ts';
import { Missing } from './needs.ts';
import { NumbersInHand } from './numbers-in-hand.ts';
import { PairsInHand } from './pairs-in-hand.ts';
import type { Questions } from './questions.ts';
import { RequestsInHand } from './requests-in-hand.ts';

/** What a try has made up by chance. The next one goes on with it, so that it asks for the same rows. */
export interface Proposals {
  fingerprintKey: Uint8Array | undefined;
}

/**
 * The records of one try, in memory: reads are answered from what was brought and what was written since, writes are
 * collected. A read of something that was not brought throws `Missing`; everything is then run again with it.
 */
export class WorkingSet implements Records {
  readonly changes: Changes;
  readonly #brought: Brought;
  readonly #owner: string;
  readonly #proposals: Proposals;
  readonly #questions: Questions;
  readonly #pairs: PairsInHand;
  readonly #requests: RequestsInHand;
  readonly #calls: CallsInHand;
  readonly #callbacks: CallbacksInHand;
  readonly #numbers: NumbersInHand;

  constructor(brought: Brought, profile: Profile, owner: string, questions: Questions, proposals: Proposals) {
    this.#proposals = proposals;
    this.#brought = brought;
    this.#owner = owner;
    this.#questions = questions;
    this.#numbers = new NumbersInHand(brought);
    const draft = {
      numbers: this.#numbers.rows,
      pairs: new Map(),
      newPairs: new Set<number>(),
      aliases: new Map(),
      absorbed: [],
      events: new Map(),
      dispatched: [],
      notices: [],
      audit: [],
      erased: [],
      purges: [],
      purgeInbox: undefined,
      fingerprintKey: undefined,
      taken: false,
      heard: [],
    };
    const empty = new Map();
    const none = { requests: empty, calls: empty, callbacks: empty, callbackKeys: empty };
    this.#pairs = new PairsInHand(brought, { ...draft, ...none }, (id) => this.#numbers.idOf(id));
    this.#requests = new RequestsInHand(brought, this.#pairs);
    this.#calls = new CallsInHand(brought, this.#pairs, profile, (numberId) => this.#numbers.loadOf(numberId));
    this.#callbacks = new CallbacksInHand(brought, this.#pairs, questions);
    this.changes = {
      ...draft,
      requests: this.#requests.rows.written,
      calls: this.#calls.rows.written,
      callbacks: this.#callbacks.rows.written,
      callbackKeys: this.#callbacks.keys,
    };
  }

  readNumber(id: string, phone?: string): NumberRow {
    return this.#numbers.read(id, phone);
  }
  findNumber(id: string): NumberRow | undefined {
    return this.#numbers.find(id);
  }
  numbers(): string[] {
    return this.#questions.numbers();
  }
  numberIdOf(numberId: number): string {
    return this.#numbers.idOf(numberId);
  }
  restrictNumber(numberId: number, until: Instant, restriction: string): void {
    this.#numbers.restrict(numberId, until, restriction);
  }
  load(numberId: number, after: Instant): NumberLoad {
    return this.#numbers.load(numberId, after);
  }

  readPair(pairId: number): PairRow {
    return this.#pairs.read(pairId);
  }
  insertPair(numberId: number, contact: Contact): PairRow {
    return this.#pairs.insert(numberId, contact);
  }
  writeContact(pair: PairRow): void {
    this.#pairs.writeContact(pair);
  }
  writeState(pair: PairRow): void {
    this.#pairs.writeState(pair);
  }
  findAlias(numberId: number, name: string): { pairId: number; proven: boolean } | undefined {
    return this.#pairs.findAlias(numberId, name);
  }
  link(numberId: number, name: string, pairId: number, proven: boolean): void {
    this.#pairs.link(numberId, name, pairId, proven);
  }
  aliasesOf(pairId: number): { name: string; proven: boolean }[] {
    return this.#pairs.aliasesOf(pairId);
  }
  unlink(numberId: number, name: string): void {
    this.#pairs.unlink(numberId, name);
  }
  fingerprintKey(): Uint8Array | undefined {
    if (this.#brought.fingerprintKey !== undefined) return this.#brought.fingerprintKey;
    this.changes.fingerprintKey = this.#proposals.fingerprintKey;
    return this.changes.fingerprintKey;
  }
  writeFingerprintKey(key: Uint8Array): void {
    this.#proposals.fingerprintKey = key;
    this.changes.fingerprintKey = key;
  }
  forgetPair(pairId: number): void {
    this.#pairs.forget(pairId);
  }
  pairsByStatus(numberId: number, status: PermissionStatus, afterPairId: number, limit: number): PairRow[] {
    return this.#questions.pairsByStatus(numberId, status, afterPairId, limit);
  }
  absorb(kept: number, gone: number): void {
    this.#pairs.absorb(kept, gone);
    this.#requests.rows.move(gone, kept);
    this.#calls.rows.move(gone, kept);
    this.#callbacks.rows.move(gone, kept);
  }
  mergedInto(pairId: number): number[] {
    return this.#questions.mergedInto(pairId);
  }

  insertRequest(request: RequestRow): void {
    this.#requests.write(request);
  }
  writeRequest(request: RequestRow): void {
    this.#requests.write(request);
  }
  requestsOf(pairId: number): RequestRow[] {
    return this.#requests.every(pairId);
  }
  forgetRequest(request: RequestRow): void {
    this.#requests.write(request);
  }
  findRequest(reservationId: string): RequestRow | undefined {
    return this.#requests.find(reservationId);
  }
  findRequestByProviderId(providerId: string, numberId: number): RequestRow | undefined {
    return this.#requests.findByProviderId(providerId, numberId);
  }
  findUnknownRequest(pairId: number): RequestRow | undefined {
    return this.#requests.findUnknown(pairId);
  }
  requestUses(pairId: number, after: Instant): Use[] {
    return this.#requests.uses(pairId, after);
  }
  reservedRequests(pairId: number): string[] {
    return this.#requests.reserved(pairId);
  }

  writeCall(call: CallRow): void {
    this.#calls.write(call);
  }
  deleteCall(call: CallRow): void {
    this.#calls.delete(call);
  }
  everyCall(pairId: number): CallRow[] {
    return this.#calls.every(pairId);
  }
  forgetCall(call: CallRow): void {
    this.#calls.write(call);
  }
  findCall(reservationId: string): CallRow | undefined {
    return this.#calls.find(reservationId);
  }
  findCallByProviderId(callId: string, numberId?: number): CallRow | undefined {
    return this.#calls.findByProviderId(callId, numberId);
  }
  callsOf(pairId: number, after: Instant): CountedCall[] {
    return this.#calls.of(pairId, after);
  }
  lastCall(pairId: number): Instant | undefined {
    return this.#calls.last(pairId);
  }
  unansweredCalls(pairId: number, after: Instant): Use[] {
    return this.#calls.unanswered(pairId, after);
  }
  unansweredEnds(pairId: number, limit: number): Instant[] {
    return this.#calls.unansweredEnds(pairId, limit);
  }
  liveCalls(pairId: number): string[] {
    return this.#calls.live(pairId);
  }
  callsWithoutEnd(numberId: number): CallRow[] {
    const calls = this.#questions.callsWithoutEnd(numberId);
    this.#pairs.insistOnAll(calls.map(({ pairId }) => pairId));
    return calls;
  }

  callPage(query: CallPageQuery): { calls: CallRow[]; next?: string } {
    const page = this.#questions.callPage(query);
    this.#pairs.insistOnAll(page.calls.map(({ pairId }) => pairId));
    return page;
  }

  writeCallback(callback: CallbackRow): void {
    this.#callbacks.write(callback);
  }
  findCallback(callbackId: string): CallbackRow | undefined {
    return this.#callbacks.find(callbackId);
  }
  findCallbackByKey(numberId: number, key: Uint8Array): CallbackRow | undefined {
    return this.#callbacks.findByKey(numberId, key);
  }
  writeCallbackKey(numberId: number, key: Uint8Array, callback: CallbackRow): void {
    this.#callbacks.writeKey(numberId, key, callback);
  }
  openCallbacks(pairId: number): CallbackRow[] {
    return this.#callbacks.open(pairId);
  }
  callbacksToClaim(numberId: number, limit: number): CallbackRow[] {
    return this.#callbacks.toClaim(numberId, limit);
  }
  callbackPage(query: CallbackPageQuery): { callbacks: CallbackRow[]; next?: string } {
    const page = this.#questions.callbackPage(query);
    this.#pairs.insistOnAll(page.callbacks.map(({ pairId }) => pairId));
    return page;
  }
  deleteCallbacks(pairId: number): CallbackRow[] {
    return this.#callbacks.deleteAll(pairId);
  }

  knowsEvent(key: Uint8Array): boolean {
    const hex = Buffer.from(key).toString('hex');
    if (this.changes.events.has(hex) || this.#brought.events.has(hex)) return true;
    if (this.#brought.askedEvents.has(hex)) return false;
    throw new Missing('an event', (needs) => needs.events.add(hex));
  }
  insertEvent(key: Uint8Array, event: ProviderEvent, effects: readonly Effect[]): void {
    const hex = Buffer.from(key).toString('hex');
    const holder = this.#holderOf(event);
    // Whoever holds the call hands its events out, as long as they live; everything else is handed out where it came in.
    const theirs = holder !== '' && holder !== this.#owner && this.ownerLives(holder);
    const taker = theirs ? '' : this.#owner;
    this.changes.events.set(hex, { key: hex, event, effects, owner: holder, taker });
  }
  dispatched(keys: readonly Uint8Array[]): void {
    this.changes.dispatched.push(...keys.map((key) => Buffer.from(key).toString('hex')));
  }
  undispatched(businessNumberId: string): Appended[] {
    return this.#questions.undispatched(businessNumberId);
  }
  purgeInbox(doneBefore: Instant, allBefore: Instant): void {
    this.changes.purgeInbox = { doneBefore, allBefore };
  }
  insertNotices(effects: readonly Effect[]): void {
    this.changes.notices.push(...effects);
  }
  takeNotices(): Effect[] {
    const notices = this.#questions.takeNotices();
    if (notices.length > 0) this.changes.taken = true;
    return notices;
  }

  abandonedRequests(limit: number): RequestRow[] {
    return this.#abandoned(limit, this.#questions.openRequests(), (id) => this.#requests.rows.get(id));
  }
  abandonedCalls(limit: number): CallRow[] {
    return this.#abandoned(limit, this.#questions.openCalls(), (id) => this.#calls.rows.get(id));
  }
  /** Whether an owner of a call may still be working on it; this one always is. */
  ownerLives(owner: string): boolean {
    if (owner === this.#owner) return true;
    const aliveAt = this.#brought.alive.get(owner);
    return aliveAt !== undefined && aliveAt > this.#brought.now - OWNER_SILENT_MS;
  }
  lapseCandidates(before: Parameters<Records['lapseCandidates']>[0], limit: number): PairRow[] {
    const pairIds = this.#questions.lapseCandidates(before, limit);
    this.#pairs.insistOnAll(pairIds);
    // As they are under lock: by now they may have changed.
    return pairIds.map((pairId) => this.#pairs.read(pairId));
  }
  nearestLapse(): ReturnType<Records['nearestLapse']> {
    return this.#questions.nearestLapse();
  }
  doNotCallPairs(numberId: number, afterPairId: number, limit: number): PairRow[] {
    return this.#questions.doNotCallPairs(numberId, afterPairId, limit);
  }
  countUsage(query: UsageQuery): UsageCounts {
    return this.#questions.countUsage(query);
  }

  writeAudit(entry: AuditEntry): void {
    const detail = JSON.stringify(entry.detail);
    this.changes.audit.push({
      at: this.#brought.now,
      numberId: entry.numberId,
      pairId: entry.pair?.pairId,
      event: entry.event,
      detail,
      digest: detailDigest(detail, entry.pair?.auditKey),
    });
  }
  readAudit(query: Parameters<Records['readAudit']>[0]): AuditRow[] {
    return this.#questions.readAudit(query);
  }
  auditChain(afterSeq: number, limit: number): ChainedRow[] {
    return this.#questions.auditChain(afterSeq, limit);
  }
  auditEnds(): { anchor?: ChainPlace; head?: ChainPlace } {
    return this.#questions.auditEnds();
  }
  eraseAudit(pairIds: readonly number[]): number {
    let erased = this.#questions.detailsOf(pairIds);
    for (const row of this.changes.audit) {
      if (row.pairId === undefined || row.detail === null || !pairIds.includes(row.pairId)) continue;
      row.detail = null;
      erased += 1;
    }
    this.changes.erased.push(...pairIds);
    return erased;
  }
  purge(what: Purge): void {
    this.changes.purges.push(what);
  }

  /** Of open reservations those whose lease is over or whose owner is dead, as they are under lock. */
  #abandoned<Row extends RequestRow | CallRow>(
    limit: number,
    open: Row[],
    current: (id: string) => Row | undefined,
  ): Row[] {
    const left = open
      .filter(({ leaseUntil, owner }) => leaseUntil < this.#brought.now || !this.ownerLives(owner))
      .slice(0, limit);
    this.#pairs.insistOnAll(left.map(({ pairId }) => pairId));
    return left
      .map((row) => current(row.reservationId) ?? row)
      .filter(({ state }) => state === 'reserved')
      .map((row) => ({ ...row }));
  }

  /** Who holds the call that an event is about; empty: nobody does. */
  #holderOf(event: ProviderEvent): string {
    if (!('callId' in event)) return '';
    const call =
      this.#calls.rows.get(('correlationId' in event ? event.correlationId : undefined) ?? '') ??
      this.#calls.rows.find(({ callId }) => callId === event.callId);
    return call?.owner ?? '';
  }
}
