import type { ServerResponse } from 'node:http';
import type { Call } from './call.ts';
import type { Person } from './people.ts';
import { cardState, permissionNow } from './rules.ts';
import { pairWith, type World } from './world.ts';

/** Keeps an ended call on the phone's screen for so long, in seconds. */
const AFTERGLOW = 5;
const HEARTBEAT_MS = 15_000;

/** What the phone page shows of a call. */
export interface PhoneCall {
  id: string;
  /** `calling`: the person has called, and the business has not answered. */
  state: 'ringing' | 'calling' | 'connecting' | 'in_call' | 'ended';
  /** The person placed it. */
  own?: true;
  businessName: string;
  /** Milliseconds since 1970. */
  since: number;
  outcome?: string;
}

/**
 * The phones that somebody looks at: each page holds one event stream per person. A person with an open page is online
 * and takes calls by hand.
 */
export class PhoneHub {
  private readonly world: World;
  private readonly pages = new Map<string, Set<ServerResponse>>();
  private readonly dirty = new Set<Person>();
  private readonly heartbeat: NodeJS.Timeout;

  constructor(world: World) {
    this.world = world;
    this.heartbeat = setInterval(() => {
      for (const pages of this.pages.values()) for (const page of pages) page.write(': still here\n\n');
    }, HEARTBEAT_MS);
    this.heartbeat.unref();
  }

  watches(person: Person): boolean {
    return (this.pages.get(person.userId)?.size ?? 0) > 0;
  }

  /** Opens a stream: the whole state now, and again after every change. */
  open(person: Person, response: ServerResponse): void {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      Connection: 'keep-alive',
      'X-Accel-Buffering': 'no',
    });
    const pages = this.pages.get(person.userId) ?? new Set();
    this.pages.set(person.userId, pages);
    pages.add(response);
    response.on('close', () => pages.delete(response));
    response.on('error', () => pages.delete(response));
    this.write(response, this.view(person));
  }

  /** Tells the person's pages, once per turn however much changed. */
  changed(person: Person): void {
    if (!this.watches(person)) return;
    if (this.dirty.size === 0) setImmediate(() => this.flush());
    this.dirty.add(person);
  }

  /** Everything a phone shows. */
  view(person: Person) {
    const { world } = this;
    const now = world.clock.now();
    const pair = pairWith(world, person);
    const permission = permissionNow(pair, now);
    const call = this.callOf(person, now);
    return {
      person: {
        name: person.name,
        phone: person.phone,
        userId: person.userId,
        ...(person.username ? { username: person.username } : {}),
      },
      businessName: world.businessName,
      now,
      chat: pair.chat.map((item) => {
        const { requestId, ...shown } = item;
        const card = requestId === undefined ? undefined : pair.requests.find((request) => request.id === requestId);
        return card ? { ...shown, request: { id: card.id, state: cardState(card, now) } } : shown;
      }),
      permission: {
        status: permission.status,
        ...(permission.expiresAt === undefined ? {} : { expiresAt: permission.expiresAt }),
      },
      ...(call ? { call } : {}),
    };
  }

  close(): void {
    clearInterval(this.heartbeat);
    for (const pages of this.pages.values()) for (const page of pages) page.end();
    this.pages.clear();
  }

  private callOf(person: Person, now: number): PhoneCall | undefined {
    const live = this.world.calls.liveWith(person);
    if (live) {
      if (live.direction === 'USER_INITIATED')
        return this.phoneCall(live, live.state === 'in_call' ? 'in_call' : 'calling', live.pickedUpAt ?? live.placedAt);
      // Before RINGING the phone knows nothing of the call; an ignored one is out of sight.
      if (live.state === 'placed' || live.ignored) return undefined;
      return this.phoneCall(live, live.state as PhoneCall['state'], live.pickedUpAt ?? live.placedAt);
    }
    const last = this.world.calls.ended.findLast((call) => call.person.userId === person.userId);
    if (!last?.rang || last.ignored || last.endedAt === undefined || now > last.endedAt + AFTERGLOW * 1000)
      return undefined;
    return this.phoneCall(last, 'ended', last.endedAt);
  }

  private phoneCall(call: Call, state: PhoneCall['state'], since: number): PhoneCall {
    return {
      id: call.id,
      state,
      businessName: this.world.businessName,
      since,
      ...(call.direction === 'USER_INITIATED' ? { own: true as const } : {}),
      ...(call.outcome ? { outcome: call.outcome } : {}),
    };
  }

  private flush(): void {
    for (const person of this.dirty) {
      const pages = this.pages.get(person.userId);
      if (!pages?.size) continue;
      const view = this.view(person);
      for (const page of pages) this.write(page, view);
    }
    this.dirty.clear();
  }

  private write(page: ServerResponse, view: unknown): void {
    page.write(`data: ${JSON.stringify(view)}\n\n`);
  }
}
