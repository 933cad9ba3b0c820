import type { Instant } from '../../../../lib/permission/model.ts';
import {
  countConnected,
  countContact,
  countRequest,
  countUnanswered,
  isUnanswered,
  setPermission,
} from '../../../../simulator/pair-changes.ts';
import type { Limits } from '../../../../simulator/rules.ts';
import { newPair as emptyPair, type Pair as RefereePair } from '../../../../simulator/state.ts';
import { type Call, knownConnected, knownEnded, type Pair } from './facts.ts';

/**
 * The same facts, as the referee would have them on record
 * - `truth`: as WhatsApp has them;
 * - `told`: as WhatsApp would have them if nothing had happened but what we sent and what the ledger was told;
 * - `doubtful`: as they might be, for all the ledger can know: what is not settled was sent, what may be a call is one.
 */
export type View = 'truth' | 'told' | 'doubtful';

/** A call that may exist but of which nothing is heard occupies nobody after this (lib/ledger/timings.ts says why). */
const SILENT_MS = 600_000;
const LONGEST_RING_MS = 120_000;

export interface Looked {
  pair: RefereePair;
  live: boolean;
  /** Ends of calls that ended the permission as well. */
  revokes: Set<Instant>;
}

export interface Eyes {
  limits: Limits;
  now: Instant;
  /** How far clocks may be apart: what a call forgives is only certain for what is older by this. */
  slack: number;
  /** How much longer, or shorter, a time may have seemed by our clock. */
  drift: number;
}

/** Plays the facts into an empty record of the simulator, in the order in which they happened. */
export function look(facts: Pair, view: View, { limits, now, slack, drift }: Eyes): Looked {
  const pair = emptyPair();
  const looked: Looked = { pair, live: facts.calls.some((call) => isLive(call, view, now, drift)), revokes: new Set() };
  const truth = view === 'truth';
  const steps: { at: Instant; run: () => void }[] = [];
  if (view !== 'doubtful') {
    for (const { sentAt, ours, card } of facts.requests)
      if (sentAt !== undefined && (truth || ours)) steps.push({ at: sentAt, run: () => countRequest(pair, card) });
  }
  for (const word of facts.words) {
    // Of its own withdrawal WhatsApp only tells; the counting below has done it.
    if (truth ? word.automatic : !word.told) continue;
    steps.push({
      at: word.at,
      run: () => {
        setPermission(pair, word.answer, word.at);
        // WhatsApp begins to count anew after its own withdrawal, whatever it had counted.
        if (word.automatic) pair.unanswered = 0;
        if (word.answer === 'temporary' && word.expiresAt !== undefined) pair.permission.expiresAt = word.expiresAt;
      },
    });
  }
  for (const { at, told } of facts.contacts) if (truth || told) steps.push({ at, run: () => countContact(pair, at) });
  for (const call of facts.calls) {
    const { pickedUpAt, endedAt, placedAt } = call;
    const direction = call.by === 'person' ? 'USER_INITIATED' : 'BUSINESS_INITIATED';
    if (call.by === 'person' && placedAt !== undefined && (truth || call.told.size > 0)) {
      // Where the end was heard first, the ledger cannot know how long it rang.
      const endFirst = view === 'doubtful' && pickedUpAt === undefined && [...call.told][0] === 'terminated';
      const at = endFirst ? (endedAt ?? placedAt) - LONGEST_RING_MS : placedAt;
      steps.push({ at, run: () => countContact(pair, at) });
    }
    if (pickedUpAt !== undefined && (truth || knownConnected(call)))
      steps.push({ at: pickedUpAt, run: () => countConnected(pair, direction, pickedUpAt) });
    if (endedAt !== undefined && (truth || knownEnded(call)))
      steps.push({
        at: endedAt,
        run: () => {
          if (countsAsMissed(call, truth) && countUnanswered(pair, limits, endedAt) === 'revoked')
            looked.revokes.add(endedAt);
        },
      });
  }
  steps.sort((a, b) => a.at - b.at);
  for (const { run } of steps) run();
  if (view === 'told') pair.connected = countedCalls(facts);
  if (view === 'doubtful') doubt(facts, pair, { now, slack, drift });
  return looked;
}

function countsAsMissed(call: Call, truth: boolean): boolean {
  const direction = call.by === 'person' ? 'USER_INITIATED' : 'BUSINESS_INITIATED';
  const outcome = truth || call.told.has('terminated') ? call.outcome : call.finished;
  const pickedUp = truth ? call.pickedUpAt !== undefined : knownConnected(call);
  const rang = truth ? call.rangAt !== undefined : call.told.has('ringing');
  return isUnanswered({ direction, pickedUp, outcome: outcome ?? '', rang }, true);
}

/** Calls of the business that were picked up. One that the ledger has not heard of yet counts for it like one that was. */
function countedCalls(facts: Pair): Instant[] {
  return facts.calls.flatMap((call) => {
    const { by, pickedUpAt } = call;
    if (pickedUpAt === undefined || by === 'person') return [];
    if (by === 'another system') return knownConnected(call) ? [pickedUpAt] : [];
    return knownEnded(call) && !knownConnected(call) ? [] : [pickedUpAt];
  });
}

function isLive(call: Call, view: View, now: Instant, drift: number): boolean {
  const going = call.placedAt !== undefined && call.endedAt === undefined;
  if (view === 'truth') return going;
  const bounded = call.by !== 'ours' || call.settled === 'unknown';
  const silence = now - call.heardAt + (view === 'told' ? drift : -drift);
  const recent = !bounded || silence < SILENT_MS;
  if (view === 'told') return going && recent && (call.by === 'ours' || call.told.size > 0) && !knownEnded(call);
  if (call.settled === 'released') return false;
  return recent && (call.by === 'ours' || call.told.size > 0) && !knownEnded(call);
}

/** Adds what may have happened, and keeps only that forgiveness of which the ledger can be certain. */
function doubt(facts: Pair, pair: RefereePair, { now, slack, drift }: Omit<Eyes, 'limits'>): void {
  pair.requests = facts.requests
    .filter(({ ours, settled }) => ours && settled !== 'released')
    .map(({ settled, countedAt, card }) => ({ id: card.id, at: settled === 'reserved' ? now : countedAt }));
  pair.connected = [];
  delete pair.lastConnectedAt;
  for (const call of facts.calls) {
    if (call.by === 'ours' ? call.settled === 'released' : call.told.size === 0) continue;
    const connected = knownConnected(call);
    if (call.by !== 'person') {
      const open = !knownEnded(call);
      if (call.settled === 'reserved' && open && !connected) pair.connected.push(now);
      else if (connected) pair.connected.push(Math.max(call.pickedUpAt ?? 0, call.reservedAt));
      else if (open) pair.connected.push(call.countedAt);
    }
    if (!connected || call.pickedUpAt === undefined) continue;
    const earlier = call.pickedUpAt - slack;
    const certain = call.by === 'ours' ? Math.max(call.reservedAt - 1 - drift, earlier) : earlier;
    pair.lastConnectedAt = Math.max(pair.lastConnectedAt ?? 0, certain);
  }
}

/** Calls of a business number: when they started, as its daily limit counts them, and how many are going on. */
export function lookAtNumber(
  pairs: readonly Pair[],
  view: View,
  now: Instant,
  drift: number,
): { started: Instant[]; live: number } {
  const started: Instant[] = [];
  let live = 0;
  for (const { calls } of pairs) {
    for (const call of calls) {
      if (isLive(call, view, now, drift)) live++;
      if (call.by === 'person') continue;
      if (view === 'doubtful') {
        if (call.by === 'ours' ? call.settled !== 'released' : call.told.size > 0)
          started.push(call.settled === 'reserved' ? now : call.countedAt);
      } else if (call.placedAt !== undefined && (view === 'truth' || call.by === 'ours' || call.told.size > 0)) {
        started.push(call.placedAt);
      }
    }
  }
  return { started, live };
}
