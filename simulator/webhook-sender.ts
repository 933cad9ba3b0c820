import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from './clock.ts';
import type { State, StoredWebhook, WebhookTarget } from './state.ts';
import { encodeWebhook } from './webhook-encoding.ts';
import { envelope } from './webhook-envelope.ts';
import type { WebhookFaults } from './webhook-faults.ts';
import { WebhookPoster } from './webhook-poster.ts';

/** Fields whose webhooks follow an address set on the number or the account (Webhook overrides, 23 March 2026). */
const OVERRIDABLE = new Set(['messages', 'calls', 'account_settings_update']);
const GIVE_UP_AFTER = 7 * 86_400_000;
const LOG_LENGTH = 1000;
const HELD_WITHOUT_ADDRESS = 1000;

export interface Delivery {
  kinds: string[];
  callId?: string;
  at: number;
  attempts: number;
  /** HTTP status of the last attempt; 0: no answer. Absent before the first. */
  status?: number;
  state: 'waiting' | 'delivered' | 'given_up' | 'lost';
}

interface Job {
  items: StoredWebhook[];
  delivery: Delivery;
  body?: Buffer;
}

export interface SenderOptions {
  clock: Clock;
  state: State;
  wabaId: string;
  appSecret: string;
  phoneNumberId: string;
  faults: () => WebhookFaults;
  /** Called before anything leaves, so that what the business has seen is never forgotten. */
  save: () => void;
  /** One delivery at a time, in the order of the facts. Otherwise up to 16 at once, as they come. */
  ordered: boolean;
  /** First pause before sending again, in milliseconds; doubles up to a minute. */
  retryMs: number;
}

/**
 * Brings facts to the business as Meta does: POST, signed over the raw bytes, again and again until the answer is 200.
 * What the faults say happens on the way (twice, late, in the wrong order, together, never).
 */
export class WebhookSender {
  /** The app's own address. Held back until the address has confirmed the subscription. */
  target: (WebhookTarget & { verified: boolean; problem?: string }) | undefined;
  readonly deliveries: Delivery[] = [];
  private readonly options: SenderOptions;
  private readonly queue: Job[] = [];
  private readonly retries = new Set<Timer>();
  private readonly poster = new WebhookPoster();
  private gathered: StoredWebhook[] = [];
  private gathering: Timer | undefined;
  private heldConnects: StoredWebhook[] = [];
  private active = 0;
  private closed = false;

  constructor(options: SenderOptions) {
    this.options = options;
    for (const item of options.state.undelivered) this.enqueue([item]);
  }

  /** A fact for the business. `kind` names it for the faults, `value` is the change's value without `metadata`. */
  emit(field: string, kind: string, value: Record<string, unknown>, callId?: string): void {
    const { state, clock } = this.options;
    const item: StoredWebhook = {
      id: randomUUID(),
      field,
      kind,
      value,
      at: clock.now(),
      ...(callId ? { callId } : {}),
    };
    const faults = this.options.faults();
    if (faults.lose.includes(kind)) {
      this.note([item], 'lost');
      return;
    }
    state.undelivered.push(item);
    const delay = faults.delay;
    if (delay && (!delay.kinds || delay.kinds.includes(kind))) clock.after(delay.seconds, () => this.arrange(item));
    else this.arrange(item);
  }

  /** Sends what waits, for instance after the address has been confirmed. */
  pump(): void {
    const most = this.options.ordered ? 1 : 16;
    while (!this.closed && this.active < most) {
      const index = this.queue.findIndex((job) => this.targetOf(job) !== undefined);
      if (index < 0) return;
      const [job] = this.queue.splice(index, 1);
      if (!job) return;
      this.active += 1;
      void this.deliver(job).finally(() => {
        this.active -= 1;
        this.pump();
      });
    }
  }

  close(): void {
    this.closed = true;
    for (const retry of this.retries) retry.cancel();
    this.poster.close();
  }

  /** Order and company: where the faults reorder and gather. */
  private arrange(item: StoredWebhook): void {
    const faults = this.options.faults();
    if (faults.reorder === 'terminate_first' && item.kind === 'connect') {
      this.heldConnects.push(item);
      return;
    }
    const late = item.kind === 'terminate' ? this.heldConnects.filter((held) => held.callId === item.callId) : [];
    this.heldConnects = this.heldConnects.filter((held) => !late.includes(held));
    if (!faults.batch && faults.reorder !== 'reverse') {
      for (const one of [item, ...late]) this.enqueue([one]);
      return;
    }
    this.gathered.push(item, ...late);
    this.gathering ??= this.options.clock.after(faults.gatherSeconds, () => {
      this.gathering = undefined;
      const items = faults.reorder === 'reverse' ? this.gathered.reverse() : this.gathered;
      this.gathered = [];
      if (faults.batch) this.enqueue(items);
      else for (const one of items) this.enqueue([one]);
    });
  }

  private enqueue(items: StoredWebhook[]): void {
    const copies = 1 + this.options.faults().duplicate;
    for (let copy = 0; copy < copies; copy += 1) {
      // One POST goes to one address: a batch for several addresses is split.
      for (const group of this.byTarget(items))
        this.queue.push({ items: group, delivery: this.note(group, 'waiting') });
    }
    while (this.queue.length > HELD_WITHOUT_ADDRESS && !this.options.state.number.override.number && !this.target) {
      const dropped = this.queue.shift();
      if (dropped) this.settle(dropped, 'given_up');
    }
    this.pump();
  }

  private byTarget(items: StoredWebhook[]): StoredWebhook[][] {
    const { override } = this.options.state.number;
    if (!override.number && !override.account) return [items];
    return [
      items.filter((item) => OVERRIDABLE.has(item.field)),
      items.filter((item) => !OVERRIDABLE.has(item.field)),
    ].filter((group) => group.length > 0);
  }

  private targetOf(job: Job): WebhookTarget | undefined {
    const { override } = this.options.state.number;
    const special = job.items.every((item) => OVERRIDABLE.has(item.field))
      ? (override.number ?? override.account)
      : undefined;
    return special ?? (this.target?.verified ? this.target : undefined);
  }

  private async deliver(job: Job): Promise<void> {
    const target = this.targetOf(job);
    if (!target) return;
    const faults = this.options.faults();
    job.body ??= encodeWebhook(envelope(job.items, faults, this.options));
    const bad = faults.badSignatures > 0;
    if (bad) faults.badSignatures -= 1;
    this.options.save();
    job.delivery.attempts += 1;
    job.delivery.status = await this.poster.post(target.url, job.body, bad ? 'a wrong secret' : this.options.appSecret);
    if (this.closed) return;
    if (job.delivery.status === 200) {
      this.settle(job, 'delivered');
    } else if (this.options.clock.now() - job.delivery.at > GIVE_UP_AFTER) {
      this.settle(job, 'given_up');
    } else {
      const pause = Math.min(this.options.retryMs * 2 ** (job.delivery.attempts - 1), 60_000);
      const { clock } = this.options;
      // The pause is real time, and is over as well when the clock is moved over it.
      const retry = clock.after(pause / 1000 / clock.pace, () => {
        this.retries.delete(retry);
        this.queue.push(job);
        this.pump();
      });
      this.retries.add(retry);
    }
  }

  private note(items: StoredWebhook[], state: Delivery['state']): Delivery {
    const callId = items[0]?.callId;
    const delivery: Delivery = {
      kinds: items.map((item) => item.kind),
      ...(callId ? { callId } : {}),
      at: items[0]?.at ?? this.options.clock.now(),
      attempts: 0,
      state,
    };
    this.deliveries.push(delivery);
    if (this.deliveries.length > LOG_LENGTH) this.deliveries.shift();
    return delivery;
  }

  private settle(job: Job, state: Delivery['state']): void {
    job.delivery.state = state;
    const done = new Set(job.items.map((item) => item.id));
    this.options.state.undelivered = this.options.state.undelivered.filter((item) => !done.has(item.id));
  }
}
