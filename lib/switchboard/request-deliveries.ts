import type { Ledger } from '../ledger/ledger.ts';
import type { BusinessNumber, Contact, Instant } from '../permission/model.ts';
import type { EventError, ProviderEvent } from '../provider/event.ts';

/** How a permission request fares on its way to the person. */
export interface RequestDelivery {
  requestId: string;
  /** sent, delivered, read, failed, and what the provider may invent. `accepted`: the provider took it, nothing is heard yet. */
  status: string;
  at: Instant;
  contact: Contact;
  purpose?: string;
  template?: string;
  errors: EventError[];
}

type Status = Extract<ProviderEvent, { type: 'message.status' }>;

const MOST_KEPT = 10_000;
const MOST_EARLY = 500;
/** They arrive in any order; a request that was read is not undone by a late *delivered*. */
const ORDER = ['accepted', 'sent', 'delivered', 'read', 'failed'];
/** A failure that was stored this long ago at most is the one that is being told. */
const JUST_NOW_MS = 60 * 60_000;

/**
 * The permission requests of this process, newest last, and how far each got. What a restart forgets is found again for
 * failures alone, in the ledger's audit: they are what somebody has to act on.
 */
export class RequestDeliveries {
  readonly #byId = new Map<string, RequestDelivery>();
  /** Statuses of messages that nobody here has sent, as far as is known: a webhook can be faster than the reply. */
  readonly #early = new Map<string, Status>();

  /** A request has left. @returns how far it got, if its statuses were faster than the provider's reply */
  sent(request: Omit<RequestDelivery, 'status' | 'errors'>): RequestDelivery | undefined {
    const early = this.#early.get(request.requestId);
    this.#early.delete(request.requestId);
    const { status = 'accepted', at = request.at, errors = [] } = early ?? {};
    const delivery = this.#keep({ ...request, status: status.toLowerCase(), at, errors });
    return early === undefined ? undefined : delivery;
  }

  /** The newest request to a person, if one is known. */
  of(contact: Contact): RequestDelivery | undefined {
    let found: RequestDelivery | undefined;
    for (const delivery of this.#byId.values()) if (isSame(delivery.contact, contact)) found = delivery;
    return found;
  }

  /**
   * What a message status says about a permission request; undefined if the message was none, or nothing new is said.
   */
  async hear(
    event: Status,
    ledger: Pick<Ledger, 'audit'>,
    businessNumber: BusinessNumber,
    now: Instant,
  ): Promise<RequestDelivery | undefined> {
    const { messageId, at, errors } = event;
    const status = event.status.toLowerCase();
    const known = this.#byId.get(messageId);
    if (known !== undefined) {
      if (rank(status) <= rank(known.status)) return undefined;
      return this.#keep({ ...known, status, at, errors });
    }
    this.#rememberEarly(event);
    if (status !== 'failed' || event.contact === undefined) return undefined;
    const rows = await ledger.audit({
      businessNumberId: businessNumber.id,
      contact: event.contact,
      from: now - JUST_NOW_MS,
    });
    const ours = rows.some(
      (row) =>
        row.event === 'request_undeliverable' &&
        (row.detail as { requestId?: unknown } | null)?.requestId === messageId,
    );
    if (!ours) return undefined;
    this.#early.delete(messageId);
    return this.#keep({ requestId: messageId, status, at, contact: event.contact, errors });
  }

  #rememberEarly(event: Status): void {
    const before = this.#early.get(event.messageId);
    if (before !== undefined && rank(event.status.toLowerCase()) <= rank(before.status.toLowerCase())) return;
    this.#early.set(event.messageId, event);
    for (const oldest of this.#early.keys()) {
      if (this.#early.size <= MOST_EARLY) break;
      this.#early.delete(oldest);
    }
  }

  #keep(delivery: RequestDelivery): RequestDelivery {
    // Its place stays that of the request: `of` wants the newest request, not the newest news.
    this.#byId.set(delivery.requestId, delivery);
    for (const oldest of this.#byId.keys()) {
      if (this.#byId.size <= MOST_KEPT) break;
      this.#byId.delete(oldest);
    }
    return delivery;
  }
}

/** What is not in the list is new information, and ends nothing. */
function rank(status: string): number {
  const place = ORDER.indexOf(status);
  return place < 0 ? 0.5 : place;
}

function isSame(one: Contact, other: Contact): boolean {
  return (
    (one.userId !== undefined && one.userId === other.userId) || (one.phone !== undefined && one.phone === other.phone)
  );
}
