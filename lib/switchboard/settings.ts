/**
 * How long the switchboard waits for things, in ms, and how often it tries. Defaults are for production; the sources
 * of the provider's own timers are in meta-cloud-api.md §9.7 (2026-06-24).
 */
export interface SwitchboardSettings {
  /** Picked up but no audio: after this a warning … */
  mediaWarningMs: number;
  /** … and after this we hang up. The person's client drops after 20 s without media (138021). */
  mediaLimitMs: number;
  /** After a confirmed terminate (or a REJECTED): how long the terminate webhook may take. */
  webhookWaitMs: number;
  /** The same while closing, when webhooks may not reach us any more: it must not use up the whole grace. */
  closingWebhookWaitMs: number;
  /** An offer of a call to us that is older than this is not ringing any more (meta-cloud-api.md §1.3: about 30-60 s). */
  offerFreshMs: number;
  /** A call to us that rings longer than this has ended without anybody telling. */
  inboundRingMs: number;
  /** Right after a start: how long a call to us waits for a node that attends. */
  attendWaitMs: number;
  /** After a placing with unknown result: how long a webhook may take to prove the call. Longer than any phone rings. */
  unknownWaitMs: number;
  /** How long ACCEPTED or REJECTED may lag behind a terminate that does not tell which of them it was. */
  settleMs: number;
  /** How long closing a leg (completing recordings) may hold up the *ended* event. */
  legCloseMs: number;
  /** First pause between two tries to terminate; doubles with jitter up to the maximum. */
  terminatePauseMs: number;
  terminatePauseMaxMs: number;
  /** Tries to terminate before giving up, by the kind of the last error. A try is itself a few HTTP requests. */
  terminateTries: { transient: number; operator: number; never: number };
  /** How long the provider may take to say what it knows about a person before a request or call. */
  liveCheckMs: number;
  /** So long after its answer a doubt about the same person is not asked again. */
  liveCheckKeepMs: number;
  /** Several instances: events that came in elsewhere are looked for this often, should news of them be lost, … */
  takeMs: number;
  /** … and this often we say that we are alive. */
  heartbeatMs: number;
  /** After a silence as long as this our own calls may be another instance's. Below the 30 s after which it takes them. */
  silentMs: number;
  /** How long a call of another instance is followed, to end it, until its provider id is known. */
  elsewhereMs: number;
  /** Lapsed permissions are looked for this often, and exactly when a known one lapses. */
  sweepMs: number;
  /** Largest recording or transcript of the provider that is fetched, bytes. */
  captureBytes: number;
  /** Pauses between the tries to fetch one. A try is itself a few requests; the provider keeps media for seven days. */
  capturePausesMs: number[];
  /** Webhooks of calls nobody knows yet: how many are kept, and how long. */
  early: number;
  earlyMs: number;
  /** Ended calls remembered for late webhooks. */
  ended: number;
  endedMs: number;
}

export const DEFAULT_SETTINGS: SwitchboardSettings = {
  mediaWarningMs: 10_000,
  mediaLimitMs: 20_000,
  webhookWaitMs: 10_000,
  closingWebhookWaitMs: 2_000,
  offerFreshMs: 60_000,
  inboundRingMs: 90_000,
  attendWaitMs: 3_000,
  unknownWaitMs: 90_000,
  settleMs: 1_500,
  legCloseMs: 5_000,
  terminatePauseMs: 500,
  terminatePauseMaxMs: 30_000,
  terminateTries: { transient: 40, operator: 10, never: 4 },
  liveCheckMs: 2_000,
  liveCheckKeepMs: 600_000,
  takeMs: 1_000,
  heartbeatMs: 10_000,
  silentMs: 25_000,
  elsewhereMs: 90_000,
  sweepMs: 3_600_000,
  captureBytes: 200_000_000,
  capturePausesMs: [10_000, 60_000, 300_000, 1_800_000, 7_200_000, 21_600_000, 43_200_000],
  early: 1_000,
  earlyMs: 30_000,
  ended: 2_000,
  endedMs: 3_600_000,
};
