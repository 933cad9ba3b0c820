import { CallRegistry } from '../call/registry.ts';
import { Announcer } from './announcer.ts';
import { acceptCall } from './answer.ts';
import { ask } from './ask.ts';
import { Attendance } from './attendance.ts';
import { callbackBook } from './callback-book.ts';
import type { SwitchboardDeps } from './deps.ts';
import type { AppendedCall, Desk } from './desk.ts';
import { Disagreements } from './disagreements.ts';
import { closeAll, legOf, terminate } from './end.ts';
import { Fellowship } from './fellowship.ts';
import { inquiries } from './inquiries.ts';
import { MEDIA_LOST } from './listen.ts';
import { type LiveCall, view } from './live-call.ts';
import { management } from './management.ts';
import { notes } from './notes.ts';
import { doNotCall, followUp } from './opt-out.ts';
import { tellPermission } from './permission-change.ts';
import { place } from './place.ts';
import { QueryBudget } from './query-budget.ts';
import { react } from './react.ts';
import { reactToCall } from './react-to-call.ts';
import { recover } from './recover.ts';
import { refresh } from './refresh.ts';
import { refuseCall } from './refuse.ts';
import { RequestDeliveries } from './request-deliveries.ts';
import { apply } from './run.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import { Sweeper } from './sweeper.ts';
import type { Switchboard } from './switchboard.ts';
import { TemplateBook } from './template-book.ts';

const GRACE_MS = 10_000;

/**
 * A switchboard for one business number. Register listeners before `start`: it tells what a crash left untold.
 * It closes none of its parts.
 */
export function createSwitchboard(deps: SwitchboardDeps): Switchboard {
  const desk = setUp(deps);
  const fellowship = new Fellowship(desk);
  let starting: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  const stopWatching = deps.media?.onCrash(() => {
    for (const call of desk.registry.live())
      if (call.leg !== undefined) desk.apply(call, { kind: 'media_lost', error: MEDIA_LOST });
  });
  return {
    businessNumber: deps.businessNumber,
    start: () => {
      starting ??= recover(desk)
        .then(() => desk.sweeper.start())
        .then(() => {
          if (!desk.closed) fellowship.start();
        })
        .catch((error: unknown) => {
          starting = undefined;
          throw error;
        });
      return starting;
    },
    // What is recovered and what is new must not be confused, so new things wait for the start.
    ask: async (input) => {
      await starting;
      return ask(desk, input);
    },
    place: async (input) => {
      await starting;
      return place(desk, input);
    },
    ...callbackBook(desk),
    attend: (owner, attendant) => desk.attendance.attend(owner, attendant),
    accept: (id, by) => acceptCall(desk, id, by),
    refuse: (id, by) => refuseCall(desk, id, by),
    terminate: (id, cause) => terminate(desk, id, cause),
    call: (id) => {
      const call = desk.registry.find(id);
      return call === undefined ? undefined : view(call);
    },
    calls: () => desk.registry.live().filter(isGoingOn).map(view),
    leg: (id) => legOf(desk, id),
    doNotCall: (contact, entry) => doNotCall(desk, contact, entry),
    importDoNotCall: async (list, options) => {
      const { effects, ...report } = await deps.ledger.importDoNotCall(deps.businessNumber.id, list, options);
      await followUp(desk, effects);
      return report;
    },
    refresh: (contact) => refresh(desk, contact),
    ...inquiries(desk),
    ...management(desk),
    ...notes(desk),
    handle: async (appended) => {
      await starting?.catch(() => {});
      if (!desk.shut) await react(desk, appended);
    },
    onPermission: (listener) => desk.permissions.on(listener),
    onCall: (listener) => desk.calls.on(listener),
    onMessageStatus: (listener) => desk.statuses.on(listener),
    close: (cause, graceMs = GRACE_MS) => {
      closing ??= closeAll(desk, cause, graceMs).finally(() => {
        fellowship.stop();
        stopWatching?.();
      });
      return closing;
    },
  };
}

function setUp(deps: SwitchboardDeps): Desk {
  const settings = { ...DEFAULT_SETTINGS, ...deps.settings };
  const { ledger, log } = deps;
  const now = (): number => deps.now();
  const desk: Desk = {
    deps,
    settings,
    registry: new CallRegistry<LiveCall, AppendedCall>(settings),
    calls: new Announcer(log),
    permissions: new Announcer(log),
    statuses: new Announcer(log),
    templateNews: new Announcer(log),
    templates: new TemplateBook(deps.provider.templates, now, log),
    deliveries: new RequestDeliveries(),
    sweeper: new Sweeper({
      ledger,
      now,
      log,
      everyMs: settings.sweepMs,
      hear: async (effects) => {
        for (const effect of effects) await tellPermission(desk, effect);
      },
    }),
    queries: new QueryBudget(now),
    disagreements: new Disagreements(),
    findings: new Set(),
    liveCheckFails: false,
    apply: (call, input) => apply(desk, call, input),
    webhookWaitMs: settings.webhookWaitMs,
    expiring: undefined,
    attendance: new Attendance(),
    arriving: new Set(),
    callbackWords: new Map(),
    written: new Map(),
    react: (item) => void reactToCall(desk, item),
    asking: new Map(),
    endingElsewhere: new Map(),
    unheard: [],
    fetching: new AbortController(),
    closed: false,
    mute: false,
    shut: false,
    background: new Set(),
  };
  return desk;
}

function isGoingOn(call: LiveCall): boolean {
  return call.state.name !== 'ended';
}
