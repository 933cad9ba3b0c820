import type { Ledger } from '../../../lib/ledger/ledger.ts';
import type { Contact } from '../../../lib/permission/model.ts';
import type { CallEvent, ProviderEvent } from '../../../lib/provider/event.ts';
import { createSwitchboard } from '../../../lib/switchboard/create.ts';
import type { SwitchboardDeps } from '../../../lib/switchboard/deps.ts';
import type { OptOutSettings } from '../../../lib/switchboard/opt-out.ts';
import type { SwitchboardSettings } from '../../../lib/switchboard/settings.ts';
import type {
  CallChange,
  PermissionChange,
  PlaceInput,
  PlaceResult,
  Switchboard,
} from '../../../lib/switchboard/switchboard.ts';
import { FakeLedger } from './fake-ledger.ts';
import { FakeMedia } from './fake-media.ts';
import { FakeProvider } from './fake-provider.ts';

export const NUMBER = { id: '334455667788990', phone: '351211000100' };
export const ANA: Contact = { phone: '5511955500123', userId: 'BR.1' };
export const BOB: Contact = { phone: '5511955500124', userId: 'BR.2' };

/** Short, so that tests of waiting do not wait long. */
const SHORT: Partial<SwitchboardSettings> = {
  mediaWarningMs: 30,
  mediaLimitMs: 60,
  webhookWaitMs: 40,
  closingWebhookWaitMs: 40,
  unknownWaitMs: 60,
  settleMs: 15,
  legCloseMs: 60,
  terminatePauseMs: 2,
  terminatePauseMaxMs: 4,
  terminateTries: { transient: 8, operator: 3, never: 2 },
  earlyMs: 40,
};

export interface Bench<L extends Ledger> {
  switchboard: Switchboard;
  ledger: L;
  provider: FakeProvider;
  media: FakeMedia;
  changes: CallChange[];
  permissions: PermissionChange[];
  log: string[];
  events(): string[];
  ended(): CallChange[];
  /** Appends to the ledger and hands over, as the webhook receiver does. */
  deliver(...events: ProviderEvent[]): Promise<void>;
  place(input?: Partial<PlaceInput>): Promise<Extract<PlaceResult, { outcome: 'placed' }>>;
}

export function bench(settings?: Partial<SwitchboardSettings>, ledger?: FakeLedger): Bench<FakeLedger> {
  const made = ledger ?? new FakeLedger();
  made.grant(ANA);
  made.grant(BOB);
  return benchWith(made, made.owner, settings);
}

export function benchWith<L extends Ledger>(
  ledger: L,
  owner: string | undefined,
  settings: Partial<SwitchboardSettings> = {},
  optOut?: OptOutSettings,
  more: Partial<SwitchboardDeps> = {},
): Bench<L> {
  const provider = new FakeProvider();
  const media = new FakeMedia();
  const log: string[] = [];
  const switchboard = createSwitchboard({
    businessNumber: NUMBER,
    ledger,
    provider,
    media,
    legOptions: { bindAddress: '127.0.0.1' },
    owner,
    now: () => Date.now(),
    log: (level, text) => log.push(`${level}: ${text}`),
    settings: { ...SHORT, ...settings },
    ...(optOut === undefined ? {} : { optOut }),
    ...more,
  });
  const changes: CallChange[] = [];
  const permissions: PermissionChange[] = [];
  switchboard.onCall((change) => changes.push(change));
  switchboard.onPermission((change) => permissions.push(change));
  return {
    switchboard,
    ledger,
    provider,
    media,
    changes,
    permissions,
    log,
    events: () => changes.map(({ event }) => event),
    ended: () => changes.filter(({ event }) => event === 'ended'),
    deliver: async (...events) => switchboard.handle(await ledger.append(events)),
    place: async (input = {}) => {
      const result = await switchboard.place({
        contact: ANA,
        purpose: 'delivery',
        ringSeconds: 30,
        maxSeconds: 0,
        origin: { nodeId: 'node-1', data: { order: 7 } },
        ...input,
      });
      if (result.outcome !== 'placed') throw new Error(`not placed: ${result.outcome} ${result.reason.code}`);
      return result;
    },
  };
}

let serial = 0;
/** A call event as the parser makes it; each has an id of its own. */
export function event<T extends CallEvent['type']>(
  type: T,
  callId: string,
  more: Partial<Extract<CallEvent, { type: T }>> = {},
): CallEvent {
  serial += 1;
  const base = { type, id: `event-${serial}`, at: Date.now(), businessNumberId: NUMBER.id, callId };
  if (type === 'call.connect')
    return { ...base, direction: 'outbound', session: { type: 'answer', sdp: 'v=0 answer' }, ...more } as CallEvent;
  if (type === 'call.terminated') return { ...base, status: 'completed', errors: [], ...more } as CallEvent;
  return { ...base, ...more } as CallEvent;
}

export function talked(callId: string, durationSeconds = 61): CallEvent {
  const endedAt = Date.now();
  return event('call.terminated', callId, { startedAt: endedAt - durationSeconds * 1000, endedAt, durationSeconds });
}

/** Waits until something holds; fails with what it waited for. */
export async function until(what: string, holds: () => boolean, ms = 5000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`Waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
