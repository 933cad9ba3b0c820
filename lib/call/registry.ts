import type { Instant } from '../permission/model.ts';
import type { CallEvent } from '../provider/event.ts';

/** Bounds, so that a flood of webhooks cannot fill the memory. */
export interface RegistryLimits {
  /** How many webhooks of unknown calls wait for their call, and how long in ms. */
  early: number;
  earlyMs: number;
  /** How many ended calls are remembered, and how long in ms, so that late webhooks find them. */
  ended: number;
  endedMs: number;
}

interface Early<Event> {
  callId: string;
  since: Instant;
  event: Event;
}

/**
 * The calls of one business number: live ones, and ended ones for a while, by correlation id and by provider id.
 *
 * A webhook may come before the HTTP reply that tells the call's id, without our correlation id in it (the echo is
 * optional, meta-cloud-api.md §5.2): it is kept until `learn` tells whose it is. No clock inside, time is an argument.
 */
export class CallRegistry<Entry extends { readonly id: string }, Event extends { event: CallEvent }> {
  readonly #limits: RegistryLimits;
  readonly #live = new Map<string, Entry>();
  /** In the order of their end: the oldest is forgotten first. */
  readonly #ended = new Map<string, { entry: Entry; until: Instant }>();
  readonly #byCallId = new Map<string, string>();
  #early: Early<Event>[] = [];

  constructor(limits: RegistryLimits) {
    this.#limits = limits;
  }

  add(entry: Entry): void {
    this.#live.set(entry.id, entry);
  }

  /** The provider's id of a call became known. Returns the webhooks that waited for it, in the order they came. */
  learn(id: string, callId: string): Event[] {
    if (this.#byCallId.get(callId) === id) return [];
    this.#byCallId.set(callId, id);
    const waited = this.#early.filter((early) => early.callId === callId);
    if (waited.length > 0) this.#early = this.#early.filter((early) => early.callId !== callId);
    return waited.map((early) => early.event);
  }

  /** By correlation id or provider id, live or ended. */
  find(id: string): Entry | undefined {
    const key = this.#byCallId.get(id) ?? id;
    return this.#live.get(key) ?? this.#ended.get(key)?.entry;
  }

  /** The call that a webhook is about: by the provider's id, else by the echo of ours. */
  of(event: CallEvent): Entry | undefined {
    const byCallId = this.find(event.callId);
    if (byCallId !== undefined || event.correlationId === undefined) return byCallId;
    return this.find(event.correlationId);
  }

  /** Keeps a webhook of an unknown call. Returns the ones that are given up for it. */
  hold(event: Event, now: Instant): Event[] {
    this.#early.push({ callId: event.event.callId, since: now, event });
    const tooMany = this.#early.length - this.#limits.early;
    return tooMany > 0 ? this.#early.splice(0, tooMany).map((early) => early.event) : [];
  }

  /** The call is over; it stays findable for a while. */
  bury(id: string, now: Instant): void {
    const entry = this.#live.get(id);
    if (entry === undefined) return;
    this.#live.delete(id);
    this.#ended.set(id, { entry, until: now + this.#limits.endedMs });
    this.#forget((_until, kept) => kept > this.#limits.ended);
  }

  /** A call that never reached the provider leaves nothing to remember. */
  remove(id: string): void {
    this.#live.delete(id);
    this.#ended.delete(id);
    for (const [callId, owner] of this.#byCallId) if (owner === id) this.#byCallId.delete(callId);
  }

  /** Forgets what is too old. Returns webhooks whose call never became known. */
  expire(now: Instant): Event[] {
    this.#forget((until) => until <= now);
    const old = this.#early.filter((early) => early.since + this.#limits.earlyMs <= now);
    if (old.length > 0) this.#early = this.#early.filter((early) => !old.includes(early));
    return old.map((early) => early.event);
  }

  live(): Entry[] {
    return [...this.#live.values()];
  }

  size(): { live: number; ended: number; early: number } {
    return { live: this.#live.size, ended: this.#ended.size, early: this.#early.length };
  }

  #forget(isOld: (until: Instant, kept: number) => boolean): void {
    const gone = new Set<string>();
    for (const [id, { until }] of this.#ended) {
      if (!isOld(until, this.#ended.size)) break;
      this.#ended.delete(id);
      gone.add(id);
    }
    if (gone.size === 0) return;
    for (const [callId, id] of this.#byCallId) if (gone.has(id)) this.#byCallId.delete(callId);
  }
}
