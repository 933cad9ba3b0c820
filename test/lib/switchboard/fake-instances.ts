import type { Appended, StoredCall } from '../../../lib/ledger/ledger.ts';
import type { ProviderEvent } from '../../../lib/provider/event.ts';
import { FakeLedger } from './fake-ledger.ts';

type News = (news: { businessNumberId: string }) => void;

/** What several instances share, with a post that can lose letters. */
export class SharedStore {
  readonly members = new Map<string, FakeInstance>();
  readonly calls = new Map<string, StoredCall>();
  readonly inbox = new Map<string, Appended>();
  readonly handedOut: string[] = [];
  /** Who hands out an event, by its id. */
  readonly takers = new Map<string, string>();
  readonly dead = new Set<string>();
  losesNews = false;

  join(owner: string): FakeInstance {
    const member = new FakeInstance(this, owner);
    this.members.set(owner, member);
    return member;
  }
}

/** One instance's view of a shared store: the contract of `take`, `onNews`, `heartbeat` and `adopt`, without a database. */
export class FakeInstance extends FakeLedger {
  readonly #store: SharedStore;
  readonly #listeners = new Set<News>();
  adoptions: string[][] = [];

  constructor(store: SharedStore, owner: string) {
    super();
    this.#store = store;
    this.owner = owner;
    this.idPrefix = `${owner}-`;
    Object.assign(this, { calls: store.calls, inbox: store.inbox, handedOut: store.handedOut });
  }
  #lives(owner: string): boolean {
    return !this.#store.dead.has(owner);
  }
  override async append(events: ProviderEvent[]): Promise<Appended[]> {
    const stored = await super.append(events);
    return stored.map((item) => {
      if (!item.fresh) return item;
      const holder = this.#holder(item.event);
      const elsewhere = holder !== undefined && holder !== this.owner && this.#lives(holder);
      if (!elsewhere) {
        this.#store.takers.set(item.event.id, this.owner);
        return item;
      }
      if (!this.#store.losesNews) this.#store.members.get(holder)?.ring(item.event.businessNumberId);
      return { ...item, owner: holder };
    });
  }
  #holder(event: ProviderEvent): string | undefined {
    if (!('callId' in event)) return undefined;
    const byId = [...this.calls.values()].find(({ callId }) => callId === event.callId);
    return (byId ?? this.calls.get(event.correlationId ?? ''))?.owner;
  }
  ring(businessNumberId: string): void {
    for (const listener of this.#listeners) listener({ businessNumberId });
  }
  onNews(listener: News): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
  async take(): Promise<Appended[]> {
    const free = [...this.inbox.values()].filter(({ event }) => {
      if (this.handedOut.includes(event.id)) return false;
      const taker = this.#store.takers.get(event.id);
      if (taker === this.owner || (taker !== undefined && this.#lives(taker))) return false;
      const holder = this.#holder(event);
      return holder === undefined || holder === this.owner || !this.#lives(holder);
    });
    for (const { event } of free) this.#store.takers.set(event.id, this.owner);
    return free;
  }
  override async undispatched(): Promise<Appended[]> {
    return this.take();
  }
  async heartbeat(): Promise<{ dead: string[] }> {
    return { dead: [...this.#store.dead].filter((owner) => owner !== this.owner) };
  }
  override async adopt(ids: string[]): Promise<void> {
    this.adoptions.push(ids);
    for (const id of ids) {
      const call = this.calls.get(id);
      if (call !== undefined && !this.#lives(call.owner)) call.owner = this.owner;
    }
  }
}
