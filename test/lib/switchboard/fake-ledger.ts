import type {
  Appended,
  AuditVerdict,
  CallbackEnd,
  CallbackPage,
  CallbackRequest,
  CallIntent,
  CallRecordPage,
  CallReservation,
  Correction,
  Effect,
  Erasure,
  Explanation,
  Ledger,
  NewCallback,
  PermissionPage,
  RequestIntent,
  RequestReservation,
  Settlement,
  Statistics,
  StoredCall,
} from '../../../lib/ledger/ledger.ts';
import { LedgerError } from '../../../lib/ledger/ledger.ts';
import type { Contact, Permission, Reason } from '../../../lib/permission/model.ts';
import type { CallEvent, ProviderEvent } from '../../../lib/provider/event.ts';

const reason = (code: Reason['code']): Reason => ({ code, text: code, nextStep: 'wait' });

/** A ledger in memory: permissions, one live call per contact, an inbox without duplicates. It keeps no limits. */
export class FakeLedger implements Ledger {
  readonly permissions = new Map<string, Permission>();
  readonly calls = new Map<string, StoredCall>();
  readonly settled: { id: string; settlement: Settlement }[] = [];
  readonly finished: { id: string; outcome: string; errorCode?: string }[] = [];
  readonly endings: { id: string; as: string }[] = [];
  readonly corrections: Correction[] = [];
  readonly handedOut: string[] = [];
  readonly callbackList: CallbackRequest[] = [];
  readonly inbox = new Map<string, Appended>();
  readonly blocked = new Set<string>();
  sweeps: Effect[][] = [];
  swept = 0;
  owner = 'process-1';
  idPrefix = '';
  down = false;
  #ids = 0;

  grant(contact: Contact, permission: Partial<Permission> = {}): void {
    this.permissions.set(this.#key(contact), { status: 'granted', kind: 'permanent', ...permission });
  }
  #key(contact: Contact): string {
    return contact.userId ?? contact.phone ?? '';
  }
  #permission(contact: Contact): Permission {
    return this.permissions.get(this.#key(contact)) ?? { status: 'not_requested' };
  }
  #check(): void {
    if (this.down) throw new LedgerError('store_unavailable', 'The store is down.', 'Look at the disk.');
  }

  async reserveRequest(intent: RequestIntent): Promise<RequestReservation> {
    this.#check();
    const permission = this.#permission(intent.contact);
    if (this.blocked.has(this.#key(intent.contact)))
      return { ok: false, reason: reason('do_not_call'), permission, limits: [] };
    this.#ids += 1;
    const via = intent.via === 'auto' ? (intent.hasTemplate ? 'template' : 'freeform') : intent.via;
    return { ok: true, reservationId: `r${this.#ids}`, via, permission, limits: [] };
  }
  async reserveCall({ contact, purpose, origin, businessNumber }: CallIntent): Promise<CallReservation> {
    this.#check();
    const permission = this.#permission(contact);
    const key = this.#key(contact);
    const refuse = (code: Reason['code']): CallReservation => ({
      ok: false,
      reason: reason(code),
      permission,
      limits: [],
    });
    if (this.blocked.has(key)) return refuse('do_not_call');
    if (permission.status !== 'granted') return refuse('permission_not_requested');
    const live = [...this.calls.values()].some((call) => this.#isLive(call) && this.#key(call.contact) === key);
    if (live) return refuse('call_in_progress');
    this.#ids += 1;
    const reservationId = `${this.idPrefix}c${this.#ids}`;
    this.calls.set(reservationId, {
      reservationId,
      businessNumberId: businessNumber.id,
      contact,
      purpose,
      owner: this.owner,
      reservation: 'reserved',
      reservedAt: Date.now(),
      ...(origin === undefined ? {} : { origin }),
    });
    return { ok: true, reservationId, permission, limits: [] };
  }
  #isLive(call: StoredCall): boolean {
    return call.endedAt === undefined && call.reservation !== 'released';
  }
  async settle(id: string, settlement: Settlement): Promise<void> {
    this.#check();
    this.settled.push({ id, settlement });
    const call = this.calls.get(id);
    if (call === undefined) return;
    call.reservation = settlement.state;
    if (settlement.state === 'consumed') call.callId = settlement.providerId;
  }
  async append(events: ProviderEvent[]): Promise<Appended[]> {
    return events.map((event) => {
      if (this.inbox.has(event.id)) return { event, fresh: false, effects: [] };
      const appended: Appended = { event, fresh: true, effects: [] };
      this.inbox.set(event.id, appended);
      if (event.type.startsWith('call.')) this.#applyCall(event as CallEvent);
      if (event.type === 'permission.replied') appended.effects.push(this.#reply(event));
      return appended;
    });
  }
  #reply(event: Extract<ProviderEvent, { type: 'permission.replied' }>): Effect {
    const { contact, businessNumberId } = event;
    const permission: Permission =
      event.response === 'accept'
        ? {
            status: 'granted',
            kind: event.permanent ? 'permanent' : 'temporary',
            ...(event.expiresAt === undefined ? {} : { expiresAt: event.expiresAt }),
          }
        : { status: 'denied' };
    this.permissions.set(this.#key(contact), permission);
    return { kind: event.response === 'accept' ? 'granted' : 'denied', businessNumberId, contact, permission };
  }
  #applyCall(event: CallEvent): void {
    const call =
      [...this.calls.values()].find(({ callId }) => callId === event.callId) ??
      this.calls.get(event.correlationId ?? '');
    if (call === undefined) return;
    call.callId ??= event.callId;
    call.reservation = 'consumed';
    if (event.type === 'call.accepted') call.acceptedAt = event.at;
    if (event.type !== 'call.terminated') return;
    call.endedAt = event.endedAt ?? event.at;
    if (event.durationSeconds !== undefined) call.durationSeconds = event.durationSeconds;
    const connected = call.acceptedAt !== undefined || event.durationSeconds !== undefined;
    call.outcome = event.status === 'failed' ? 'failed' : connected ? 'completed' : 'no_answer';
  }
  async claimCall(callId: string): Promise<StoredCall | undefined> {
    this.#check();
    const event = [...this.inbox.values()]
      .map((item) => item.event)
      .find((one) => one.type === 'call.connect' && one.callId === callId);
    const ended = [...this.inbox.values()].some(
      ({ event: one }) => one.type === 'call.terminated' && one.callId === callId,
    );
    const held = [...this.calls.values()].some((call) => call.callId === callId);
    if (event?.type !== 'call.connect' || event.contact === undefined || ended || held) return undefined;
    this.#ids += 1;
    const call: StoredCall = {
      ...{ reservationId: `${this.idPrefix}in${this.#ids}`, callId, businessNumberId: event.businessNumberId },
      ...{ contact: event.contact, purpose: '', owner: this.owner, reservation: 'consumed', reservedAt: event.at },
      direction: 'inbound',
    };
    this.calls.set(call.reservationId, call);
    return { ...call };
  }
  async addCallback({ businessNumberId, contact, source, key }: NewCallback) {
    this.#check();
    if (this.blocked.has(this.#key(contact))) throw new LedgerError('do_not_call', 'Opted out.', 'Leave them alone.');
    const known = this.callbackList.find((one) => this.#key(one.contact) === this.#key(contact));
    if (known !== undefined) return { callback: known, added: false };
    const callback: CallbackRequest = {
      ...{ id: `cb-${key}`, businessNumberId, contact, source, requestedAt: Date.now() },
      ...{ state: 'open' as const, attempts: 0 },
    };
    this.callbackList.push(callback);
    return { callback, added: true };
  }
  async callbacks(): Promise<CallbackPage> {
    return { entries: this.callbackList };
  }
  async claimCallback(): Promise<CallbackRequest | undefined> {
    return this.callbackList.find(({ state }) => state === 'open');
  }
  async finishCallback(id: string, { state }: CallbackEnd): Promise<CallbackRequest> {
    const callback = this.callbackList.find((one) => one.id === id);
    if (callback === undefined) throw new LedgerError('bad_input', 'There is no such callback.', 'Check the id.');
    callback.state = state;
    return callback;
  }
  /** This store keeps no records. */
  async callRecords(): Promise<CallRecordPage> {
    return { entries: [] };
  }
  async noteRecording(id: string): Promise<boolean> {
    return this.calls.has(id);
  }
  async noteScore(id: string): Promise<boolean> {
    return this.calls.has(id);
  }
  async noteCallEnd(id: string): Promise<boolean> {
    return this.calls.has(id);
  }
  async dispatched(ids: string[]): Promise<void> {
    this.handedOut.push(...ids);
  }
  async undispatched(): Promise<Appended[]> {
    return [...this.inbox.values()].filter(({ event }) => !this.handedOut.includes(event.id));
  }
  async finishCall(id: string, end: { outcome: StoredCall['outcome'] & string; at: number; errorCode?: string }) {
    this.#check();
    const { outcome, at, errorCode } = end;
    this.finished.push({ id, outcome, ...(errorCode === undefined ? {} : { errorCode }) });
    const call = this.calls.get(id);
    if (call === undefined) throw new LedgerError('bad_input', `There is no call ${id}.`, 'Check the id.');
    call.outcome = outcome;
    call.endedAt ??= at;
  }
  async endRequested(id: string, as: 'cancelled' | 'no_answer'): Promise<boolean> {
    this.#check();
    this.endings.push({ id, as });
    const call = this.calls.get(id);
    const first = call?.endRequested === undefined;
    if (call !== undefined) call.endRequested ??= as;
    return first;
  }
  async liveCalls(): Promise<StoredCall[]> {
    this.#check();
    return [...this.calls.values()].filter((call) => this.#isLive(call));
  }
  async findCall({ reservationId, callId }: { reservationId?: string; callId?: string }) {
    const all = [...this.calls.values()];
    return all.find((call) => call.reservationId === reservationId || (callId !== undefined && call.callId === callId));
  }
  async adopt(ids: string[]): Promise<void> {
    for (const id of ids) {
      const call = this.calls.get(id);
      if (call !== undefined) call.owner = this.owner;
    }
  }
  async status(_number: string, contact: Contact): Promise<Permission> {
    this.#check();
    return this.#permission(contact);
  }
  async explain(_number: unknown, contact: Contact): Promise<Explanation> {
    const permission = this.#permission(contact);
    const isBlocked = this.blocked.has(this.#key(contact));
    const isOver = permission.expiresAt !== undefined && permission.expiresAt <= Date.now();
    return {
      contact,
      permission,
      canRequest: !isBlocked,
      requestLimits: [],
      canCall: permission.status === 'granted' && !isBlocked,
      ...(isBlocked
        ? { callReason: reason('do_not_call') }
        : isOver
          ? { callReason: reason('permission_expired') }
          : {}),
      callLimits: [],
    };
  }
  async correct(correction: Correction): Promise<Permission> {
    this.corrections.push(correction);
    const status = correction.says === 'no_permission' ? 'not_requested' : 'granted';
    this.permissions.set(this.#key(correction.contact), { status });
    return { status };
  }
  async doNotCall(_number: string, contact: Contact, entry: { listed: boolean }): Promise<Effect[]> {
    this.#check();
    if (entry.listed) this.blocked.add(this.#key(contact));
    else this.blocked.delete(this.#key(contact));
    return [];
  }
  async importDoNotCall() {
    return { listed: 0, already: 0, bad: [], effects: [] };
  }
  async doNotCallList() {
    return { entries: [] };
  }
  async stillAllowed(id: string): Promise<Reason | undefined> {
    const contact = this.calls.get(id)?.contact;
    return contact !== undefined && this.blocked.has(this.#key(contact)) ? reason('do_not_call') : undefined;
  }
  async claimOptOutConfirmation(): Promise<boolean> {
    return true;
  }
  async sweep(): Promise<Effect[]> {
    this.swept += 1;
    return this.sweeps.shift() ?? [];
  }
  async audit() {
    return [];
  }
  async erase(): Promise<Erasure> {
    return { known: false, auditRows: 0, requests: 0, calls: 0, keepsDoNotCall: false };
  }
  async nextLapse(): Promise<undefined> {}
  async verifyAudit(): Promise<AuditVerdict> {
    return { ok: true, rows: 0, first: 0, last: 0, head: '', erased: 0 };
  }
  async list(): Promise<PermissionPage> {
    return { entries: [] };
  }
  async statistics(): Promise<Statistics> {
    throw new LedgerError('bad_input', 'This ledger counts nothing.', 'Ask a real one.');
  }
  async health() {
    return { ok: !this.down, engine: 'fake', location: 'memory' };
  }
  async close(): Promise<void> {}
}
