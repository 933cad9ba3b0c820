import type { CallView } from '../call/call.ts';
import type { CallInput } from '../call/input.ts';
import type { CallRegistry } from '../call/registry.ts';
import type { Appended } from '../ledger/ledger.ts';
import type { Instant } from '../permission/model.ts';
import type { CallEvent } from '../provider/event.ts';
import type { TemplateChange } from '../template/template.ts';
import type { Announcer } from './announcer.ts';
import type { Attendance } from './attendance.ts';
import type { SwitchboardDeps } from './deps.ts';
import type { Disagreements } from './disagreements.ts';
import { type LiveCall, view } from './live-call.ts';
import { told } from './patience.ts';
import type { QueryBudget } from './query-budget.ts';
import type { RequestDeliveries } from './request-deliveries.ts';
import type { SwitchboardSettings } from './settings.ts';
import type { Sweeper } from './sweeper.ts';
import type { CallChange, MessageStatus, PermissionChange } from './switchboard.ts';
import type { TemplateBook } from './template-book.ts';

/** A call event with what it did in the ledger. */
export type AppendedCall = Appended & { event: CallEvent };

/** What the parts of one switchboard share. */
export interface Desk {
  readonly deps: SwitchboardDeps;
  readonly settings: SwitchboardSettings;
  readonly registry: CallRegistry<LiveCall, AppendedCall>;
  readonly calls: Announcer<CallChange>;
  readonly permissions: Announcer<PermissionChange>;
  readonly statuses: Announcer<MessageStatus>;
  readonly templateNews: Announcer<TemplateChange>;
  /** Which templates may be sent. */
  readonly templates: TemplateBook;
  /** How far permission requests got. */
  readonly deliveries: RequestDeliveries;
  readonly sweeper: Sweeper;
  /** How many questions about permissions the provider may still be asked. */
  readonly queries: QueryBudget;
  /** What provider and store differed in, as far as it was reported. */
  readonly disagreements: Disagreements;
  /** What was found wrong with our own media, as far as it was told. */
  readonly findings: Set<string>;
  /** The last question before a call failed, and the log says so. */
  liveCheckFails: boolean;
  /** Moves a call and does what follows from it (`run.ts`). */
  apply(call: LiveCall, input: CallInput): void;
  /** How long a terminate webhook may take; less while closing, when webhooks may not reach us any more. */
  webhookWaitMs: number;
  /** Runs while webhooks of unknown calls wait. */
  expiring: NodeJS.Timeout | undefined;
  /** Who takes calls to this number. */
  readonly attendance: Attendance;
  /** Words by which people ask to be called back, by who listens for them. */
  readonly callbackWords: Map<string, ReadonlySet<string>>;
  /** Calls to us of which it is being found out whose they are, by provider id. */
  readonly arriving: Set<string>;
  /** When callers who were refused got a message, by person. */
  readonly written: Map<string, Instant>;
  /** Gives an event that waited to its call (`react-to-call.ts`). */
  react(item: AppendedCall): void;
  /** Permission requests on their way, by reservation id: an opt-out stops those that have not left. */
  readonly asking: Map<string, AbortController>;
  /** Calls that this process does not hold and is ending just now, by reservation id. */
  readonly endingElsewhere: Map<string, Promise<CallView>>;
  /** Events whose turn has to come again, because the ledger could not be asked about them. */
  readonly unheard: Appended[];
  /** Stops what is being fetched from the provider; the next start goes on with it. */
  readonly fetching: AbortController;
  /** Set by `close`: nothing new begins. */
  closed: boolean;
  /**
   * The process (or all flows) stop: the nodes that would hear go away at the same moment. Events stay undispatched, and
   * the next start tells what they brought.
   */
  mute: boolean;
  /** Closing is over: nobody listens any more, so nothing counts as handed out. */
  shut: boolean;
  /** Work that goes on behind the promises given out; `close` waits for it. */
  readonly background: Set<Promise<unknown>>;
}

/** Lets work go on without anybody waiting. Its failure is logged, never unhandled. */
export function inBackground(desk: Desk, what: string, work: Promise<unknown>): void {
  const guarded = work
    .catch((error: unknown) => {
      desk.deps.log('error', `${what}: ${told(error)}`);
    })
    .finally(() => desk.background.delete(guarded));
  desk.background.add(guarded);
}

/** Tells flows about a call. */
export function tellCall(desk: Desk, call: LiveCall, change: Omit<CallChange, 'call' | 'origin'>): void {
  desk.calls.tell({
    ...change,
    call: view(call),
    ...(call.origin === undefined ? {} : { origin: call.origin }),
    ...(call.warnings === undefined ? {} : { warnings: call.warnings }),
    ...(call.incoming === undefined ? {} : { offeredTo: call.incoming.offered.map(({ owner }) => owner) }),
    ...(call.refusal === undefined ? {} : { refusal: call.refusal }),
  });
}
