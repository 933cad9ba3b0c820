import type { Appended } from '../ledger/ledger.ts';
import type { ProviderEvent } from '../provider/event.ts';
import { PROBE_PROOF } from '../provider/probe-proof.ts';
import type { Provider, WebhookRequest } from '../provider/provider.ts';
import { maskPhones } from '../provider/scrub.ts';
import { storeEvents } from './store-events.ts';

/** A business number that listens here. */
export interface WebhookAccount {
  businessNumberId: string;
  /** The number itself in digits: account events name it so. */
  phone?: string;
  provider: Provider;
  /** Stores durably; the provider is told 200 only after it. */
  append(events: ProviderEvent[]): Promise<Appended[]>;
  /** Runs after the reply. */
  handle(appended: Appended[]): Promise<void>;
  /** For the log: what an operator should know. */
  note?(text: string): void;
}
export interface WebhookReply {
  status: number;
  body: string;
}
/** What came in since the start, for a status or a test. */
export interface WebhookStatistics {
  events: number;
  refused: number;
  unreadable: number;
  foreign: number;
  storeFailures: number;
}

/** A probe as it came. */
export interface ProbeArrival {
  body: Buffer;
  header(name: string): string | undefined;
  /** The signature fitted. */
  trusted: boolean;
}

const REMEMBERED_NUMBERS = 100;

/**
 * One address that a provider posts to, shared by several business numbers. Verifies the signature with each account's
 * provider, routes events by business number, stores them, and only then says 200. What we do not understand is stored
 * and answered 200 as well: only forgery (401) and our own store being down (503, the provider sends again) are not.
 */
export class WebhookEndpoint {
  readonly #accounts = new Set<WebhookAccount>();
  readonly #foreignNumbers = new Set<string>();
  readonly #watchers = new Map<string, (arrival: ProbeArrival) => void>();
  #handshakesRefused = 0;
  readonly #statistics: WebhookStatistics = { events: 0, refused: 0, unreadable: 0, foreign: 0, storeFailures: 0 };

  /** @returns takes the account away again */
  add(account: WebhookAccount): () => void {
    // A wrapper, so that the same account added twice is held twice.
    const own = { ...account };
    this.#accounts.add(own);
    this.#foreignNumbers.delete(account.businessNumberId);
    return () => void this.#accounts.delete(own);
  }

  accounts(): number {
    return this.#accounts.size;
  }

  statistics(): WebhookStatistics {
    return { ...this.#statistics };
  }

  /** How often somebody wanted to subscribe with a verify token that is nobody's here. */
  handshakesRefused(): number {
    return this.#handshakesRefused;
  }

  /**
   * Looks out for a probe of our own: a request whose body holds this mark. It is treated as every other request.
   * @returns stops looking
   */
  watch(mark: string, seen: (arrival: ProbeArrival) => void): () => void {
    this.#watchers.set(mark, seen);
    return () => void this.#watchers.delete(mark);
  }

  /** Never rejects. */
  async post(request: WebhookRequest): Promise<WebhookReply> {
    const all = [...this.#accounts];
    // In the middle of a deploy nobody may be there yet: what comes now must come again.
    if (all.length === 0) return reply(503, 'No business number is set up here yet.');
    const trusting = all.filter((account) => verifies(account, request));
    const [first] = trusting;
    const probe = this.#tellWatchers(request, first !== undefined);
    if (!first) {
      // Of a check of our own, here or in another process, nobody has to wonder who it was.
      if (!probe && !provesItself(all, request)) this.#statistics.refused += 1;
      return reply(401, 'The signature does not fit.');
    }
    const events = this.#read(first, request.rawBody, trusting);
    const shares = this.#share(events, trusting, all);
    const stored = await Promise.all(
      shares.given.map(async ([account, share]) => {
        try {
          const appended = await storeEvents((events) => account.append(events), share);
          this.#statistics.events += share.length;
          return { account, appended };
        } catch (error) {
          this.#statistics.storeFailures += 1;
          note([account], `A webhook could not be stored; the provider will send it again. ${describe(error)}`);
          return undefined;
        }
      }),
    );
    // After the reply is written: the provider waits, and one slow flow must not make it send everything again.
    setImmediate(() => {
      for (const one of stored) if (one) void handOut(one.account, one.appended);
    });
    if (stored.includes(undefined)) return reply(503, 'The store is not available.');
    if (shares.mistrusted) return reply(401, 'The signature does not fit the secret of this business number.');
    return reply(200, 'ok');
  }

  /** The subscription handshake. */
  get(query: Record<string, unknown>): WebhookReply & { type: string } {
    const type = 'text/plain; charset=utf-8';
    for (const { provider } of this.#accounts) {
      const challenge = provider.verifySubscription(query);
      if (challenge !== undefined) return { status: 200, body: challenge, type };
    }
    if (query['hub.verify_token'] !== undefined) this.#handshakesRefused += 1;
    return { ...reply(403, 'The verify token does not fit.'), type };
  }

  #tellWatchers(request: WebhookRequest, trusted: boolean): boolean {
    for (const [mark, seen] of this.#watchers) {
      if (!request.rawBody.includes(mark)) continue;
      seen({ body: request.rawBody, header: request.header, trusted });
      return true;
    }
    return false;
  }

  #read(account: WebhookAccount, rawBody: Buffer, trusting: WebhookAccount[]): ProviderEvent[] {
    try {
      return account.provider.parseWebhook(rawBody);
    } catch (error) {
      // Signed, so it is the provider's own; another delivery would not be better.
      this.#statistics.unreadable += 1;
      note(trusting, `A signed webhook could not be read and was dropped. ${describe(error)}`);
      return [];
    }
  }

  #share(events: ProviderEvent[], trusting: WebhookAccount[], all: WebhookAccount[]) {
    const shares = new Map<WebhookAccount, ProviderEvent[]>();
    let mistrusted = false;
    for (const event of events) {
      const takers = takersOf(event, trusting);
      for (const account of takers) {
        const share = shares.get(account) ?? [];
        shares.set(account, share);
        share.push(forAccount(event, account));
      }
      if (takers.length > 0) continue;
      const owners = all.filter(({ businessNumberId }) => businessNumberId === event.businessNumberId);
      if (owners.length > 0) {
        // Saying 200 would lose it: the number is ours, but its app secret is not the one this was signed with.
        mistrusted = true;
        note(
          owners,
          'A webhook for this number fits another number’s app secret but not this one’s. Check the app secret.',
        );
      } else this.#foreign(event, trusting);
    }
    return { given: [...shares], mistrusted };
  }

  /** Counted always, told once per number. */
  #foreign(event: ProviderEvent, trusting: WebhookAccount[]): void {
    this.#statistics.foreign += 1;
    const name = event.businessNumberId || event.businessPhone || '';
    if (this.#foreignNumbers.has(name) || this.#foreignNumbers.size >= REMEMBERED_NUMBERS) return;
    this.#foreignNumbers.add(name);
    note(
      trusting,
      `Webhooks arrive for a business number that is not set up here (${name.slice(0, 4)}…${name.slice(-4)}).`,
    );
  }
}

/** Events of a whole account name the number by its digits, or not at all. */
function takersOf(event: ProviderEvent, trusting: WebhookAccount[]): WebhookAccount[] {
  if (event.businessNumberId !== '') {
    return trusting.filter(({ businessNumberId }) => businessNumberId === event.businessNumberId);
  }
  if (event.businessPhone === undefined) return trusting;
  const named = trusting.filter(({ phone }) => phone?.replace(/\D/g, '') === event.businessPhone);
  return named.length > 0 ? named : trusting.filter(({ phone }) => phone === undefined);
}

/** An event without a number gets the number of who takes it, in its id too: several accounts may share a store. */
function forAccount(event: ProviderEvent, { businessNumberId }: WebhookAccount): ProviderEvent {
  return event.businessNumberId === '' ? { ...event, id: `${event.id}@${businessNumberId}`, businessNumberId } : event;
}

async function handOut(account: WebhookAccount, appended: Appended[]): Promise<void> {
  try {
    await account.handle(appended);
  } catch (error) {
    note([account], `A stored webhook could not be worked on. ${describe(error)}`);
  }
}

function verifies({ provider }: WebhookAccount, request: WebhookRequest): boolean {
  try {
    return provider.verifyWebhook(request) === true;
  } catch {
    return false;
  }
}

/** A probe of our own with a signature that is broken on purpose. */
function provesItself(accounts: WebhookAccount[], { rawBody, header }: WebhookRequest): boolean {
  const proof = header(PROBE_PROOF);
  return proof !== undefined && accounts.some((account) => verifies(account, { rawBody, header: () => proof }));
}

function note(accounts: WebhookAccount[], text: string): void {
  for (const account of accounts) {
    try {
      account.note?.(text);
    } catch {
      // A log that fails must not cost the webhook.
    }
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code } = error as { code?: unknown };
  return maskPhones(`${typeof code === 'string' ? `${code}: ` : ''}${error.message}`).slice(0, 300);
}

function reply(status: number, body: string): WebhookReply {
  return { status, body };
}
