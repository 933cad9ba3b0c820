import type { ProviderEvent } from '../../../../lib/provider/event.ts';
import { correct } from './asking.ts';
import { type Call, type CallNews, knownConnected, type Pair } from './facts.ts';
import type { Intent } from './judge.ts';
import type { CallEnd, Fate, News, Step } from './steps.ts';
import { look } from './views.ts';
import { SECOND, type Webhook, type World } from './world.ts';

type Of<T extends Step['do']> = Extract<Step, { do: T }>;
const CALL: Intent = { what: 'call' };
/** WhatsApp lets a phone ring for so long. */
export const RING_MS = 60 * SECOND;
const PROMPT: News = { how: 'now', order: 0, twice: false };

/** A flow calls. */
export async function call(world: World, step: Of<'call'>): Promise<void> {
  world.tick();
  const pair = world.pair(step.who);
  const placed = await reserve(world, pair, step.explain);
  if (placed === undefined) return;
  if (step.slow && world.variant.skewMs > 0) world.pass(20 * SECOND);
  await transmit(world, pair, placed, step.fate, step.end, step.early, step.news);
}

/** Several flows reserve at once; whatever was reserved is placed. */
export async function callAtOnce(world: World, pair: Pair, flows: number, news: News): Promise<void> {
  world.tick();
  const reserved: Call[] = [];
  for (let flow = 0; flow < flows; flow++) {
    const placed = await reserve(world, pair, false);
    if (placed !== undefined) reserved.push(placed);
  }
  for (const [index, placed] of reserved.entries()) {
    // What WhatsApp has just told one flow, the other ones cannot have known.
    const informed = reserved.slice(0, index).every(({ placedAt }) => placedAt !== undefined);
    await transmit(world, pair, placed, informed ? 'sent' : 'refused', 'missed', false, news);
  }
}

/** Many short conversations, one after the other. */
export async function busy(world: World, { who, calls }: Of<'busy'>): Promise<void> {
  const pair = world.pair(who);
  for (let count = 0; count < calls; count++) {
    world.tick();
    const placed = await reserve(world, pair, false);
    if (placed === undefined) return;
    await transmit(world, pair, placed, 'sent', 'answered', false, PROMPT);
    if (placed.placedAt === undefined) return;
  }
}

async function reserve(world: World, pair: Pair, explain: boolean): Promise<Call | undefined> {
  const contact = world.address(pair);
  const businessNumber = world.businessNumber(pair);
  const before = explain ? await world.ledger.explain(businessNumber, contact) : undefined;
  const answer = await world.ledger.reserveCall({ businessNumber, contact, purpose: 'model' });
  world.say(`call ${pair.name}: ${answer.ok ? 'allowed' : answer.reason.code}`);
  if (before !== undefined) world.agree(before, 'call', answer);
  world.judge(pair, CALL, answer);
  if (!answer.ok) return undefined;
  const under = pair.words.filter(({ told }) => told).sort((a, b) => b.at - a.at)[0];
  const placed: Call = {
    by: 'ours',
    id: world.id('wacid'),
    reservationId: answer.reservationId,
    reservedAt: world.now,
    leaseUntil: world.leaseUntil,
    settled: 'reserved',
    countedAt: world.now,
    told: new Set(),
    heardAt: world.now,
    ...(under === undefined ? {} : { under }),
  };
  pair.calls.push(placed);
  return placed;
}

async function transmit(
  world: World,
  pair: Pair,
  placed: Call,
  fate: Fate,
  end: CallEnd,
  early: boolean,
  news: News,
): Promise<void> {
  const { ledger } = world;
  const { reservationId } = placed;
  let refusal: { code: number; details: string } | undefined;
  const webhooks: Webhook[] = [];
  if (fate === 'sent' || fate === 'timeout_sent' || fate === 'forgotten_sent') {
    refusal = world.answerOfWhatsApp(pair, CALL);
    if (refusal === undefined) {
      placed.placedAt = world.now;
      webhooks.push(webhookOf(world, pair, placed, 'connect'));
    }
  }
  if (early) await world.emit(webhooks.splice(0), PROMPT);
  if (fate.startsWith('forgotten')) {
    world.say(`… the flow dies ${placed.placedAt === undefined ? 'before' : 'after'} it was sent`);
  } else if (fate.startsWith('timeout')) {
    if (world.variant.skewMs > 0 && placed.placedAt === undefined) world.pass(10 * SECOND);
    world.say(`… no answer from WhatsApp, which ${placed.placedAt === undefined ? 'never got' : 'took'} it`);
    await ledger.settle(reservationId, { state: 'unknown', why: 'model' });
    if (placed.settled === 'reserved') settled(world, placed, 'unknown');
  } else if (placed.placedAt === undefined) {
    world.say(`… refused by WhatsApp${refusal === undefined ? '' : ` (${refusal.code})`}`);
    await ledger.settle(reservationId, { state: 'released', why: 'model' });
    placed.settled = 'released';
    if (refusal !== undefined) await correct(world, pair, refusal);
  } else {
    await ledger.settle(reservationId, { state: 'consumed', providerId: placed.id, contact: pair.contact });
    pair.linked = true;
    settled(world, placed, 'consumed');
  }
  if (placed.placedAt !== undefined) await proceed(world, pair, placed, end, webhooks, news);
}

function settled(world: World, placed: Call, state: 'consumed' | 'unknown'): void {
  if (placed.settled === 'reserved') placed.countedAt = world.now;
  placed.settled = state;
  placed.heardAt = world.now;
}

/** What becomes of a call that WhatsApp took. */
export async function proceed(
  world: World,
  pair: Pair,
  placed: Call,
  planned: CallEnd,
  webhooks: Webhook[],
  news: News,
): Promise<void> {
  // Nobody ends a call whose id he does not know.
  const end = planned === 'cancelled' && placed.settled !== 'consumed' ? 'missed' : planned;
  world.pass(SECOND);
  placed.rangAt = world.now;
  if (placed.by !== 'person') webhooks.push(webhookOf(world, pair, placed, 'ringing'));
  world.pass(SECOND);
  if (end === 'answered' || end === 'left_talking') {
    placed.pickedUpAt = world.now;
    if (placed.by !== 'person') webhooks.push(webhookOf(world, pair, placed, 'accepted'));
    world.pass(10 * SECOND);
  }
  world.say(`… ${pair.name} ${placed.by === 'person' ? 'called' : 'was called'}: ${end.replace('_', ' ')}`);
  if (end === 'missed') world.pass(RING_MS - SECOND);
  if (end === 'left_ringing' || end === 'left_talking') {
    await world.emit(webhooks, news);
    return;
  }
  if (end === 'cancelled' && placed.by === 'ours') await endRequested(world, placed);
  webhooks.push(...over(world, pair, placed, OUTCOMES[end]));
  await world.emit(webhooks, news);
}

const OUTCOMES = {
  answered: 'completed',
  missed: 'no_answer',
  declined: 'declined',
  failed: 'failed',
  cancelled: 'cancelled',
} as const;

async function endRequested(world: World, placed: Call): Promise<void> {
  await world.ledger.endRequested?.(placed.reservationId, 'cancelled');
  placed.endRequested = true;
}

/** The call ends; WhatsApp draws its conclusions and tells. */
export function over(world: World, pair: Pair, placed: Call, outcome: Call['outcome'] & string): Webhook[] {
  const webhooks: Webhook[] = [];
  if (outcome === 'declined' && placed.by !== 'person') webhooks.push(webhookOf(world, pair, placed, 'rejected'));
  placed.endedAt = world.now;
  placed.outcome = outcome;
  webhooks.push(webhookOf(world, pair, placed, 'terminated'));
  const { limits } = world.variant;
  if (!look(pair, 'truth', { limits, now: world.now, slack: 0, drift: 0 }).revokes.has(placed.endedAt)) return webhooks;
  world.tick();
  world.say(`… WhatsApp withdraws ${pair.name}'s permission`);
  const word = { at: world.stamp(), answer: 'reject' as const, automatic: true as const, told: false };
  pair.words.push(word);
  webhooks.push({
    event: {
      type: 'permission.replied',
      id: world.id('revoke'),
      at: word.at,
      businessNumberId: pair.businessNumberId,
      contact: world.named(pair),
      response: 'reject',
      permanent: false,
      source: 'automatic',
    },
    tell: () => {
      word.told = true;
    },
  });
  return webhooks;
}

/** A webhook about a call, as of now. */
export function webhookOf(world: World, pair: Pair, placed: Call, kind: CallNews): Webhook {
  const direction = placed.by === 'person' ? ('inbound' as const) : ('outbound' as const);
  const base = {
    id: world.id(kind),
    at: world.stamp(),
    businessNumberId: pair.businessNumberId,
    contact: world.named(pair),
    callId: placed.id,
    ...(placed.by === 'ours' ? { correlationId: placed.reservationId } : {}),
  };
  return {
    event: kind === 'terminated' ? terminated(world, placed, base, direction) : plain(kind, base, direction),
    tell: () => {
      const known = knownConnected(placed);
      placed.told.add(kind);
      placed.heardAt = world.now;
      // What we had concluded while we did not know whether it exists is void: evidently it does.
      if (placed.settled !== 'consumed') delete placed.finished;
      placed.settled = 'consumed';
      // A connected call makes WhatsApp forget its questions, and with them its own refusal.
      if (!known && knownConnected(placed)) delete pair.askNotBefore;
    },
  };
}

type Base = Pick<Extract<ProviderEvent, { type: 'call.ringing' }>, 'id' | 'at' | 'businessNumberId' | 'callId'>;

function plain(kind: Exclude<CallNews, 'terminated'>, base: Base, direction: 'inbound' | 'outbound'): ProviderEvent {
  if (kind === 'connect') return { ...base, type: 'call.connect', direction };
  return { ...base, type: `call.${kind}` };
}

function terminated(
  world: World,
  { pickedUpAt, outcome }: Call,
  base: Base,
  direction: 'inbound' | 'outbound',
): ProviderEvent {
  const start = pickedUpAt === undefined ? undefined : world.stamp(pickedUpAt);
  const endedAt = world.stamp();
  return {
    ...base,
    type: 'call.terminated',
    direction,
    status: outcome === 'failed' ? 'failed' : 'completed',
    ...(start === undefined ? {} : { startedAt: start, endedAt, durationSeconds: (endedAt - start) / 1_000 }),
    errors: [],
  };
}

/** Somebody ends the calls that are going on with this person. */
export async function hangUp(world: World, { who, us, silent, news }: Of<'hang_up'>): Promise<void> {
  const pair = world.pair(who);
  for (const placed of pair.calls) {
    if (placed.placedAt === undefined || placed.endedAt !== undefined) continue;
    world.tick();
    const talking = placed.pickedUpAt !== undefined;
    // Nobody ends a call whose id he does not know.
    const mine = us && placed.by === 'ours' && placed.settled === 'consumed';
    world.say(`${mine ? 'we end' : 'ended'} the ${talking ? 'conversation' : 'ringing'} with ${pair.name}`);
    if (mine && !talking) await endRequested(world, placed);
    const outcome = talking ? 'completed' : mine || placed.by === 'person' ? 'cancelled' : 'declined';
    const webhooks = over(world, pair, placed, outcome);
    if (!(mine && silent)) {
      await world.emit(webhooks, news);
      continue;
    }
    // WhatsApp confirmed our request to end it, and then fell silent.
    const finished = knownConnected(placed) ? 'completed' : 'cancelled';
    world.say('… of which no webhook tells');
    await world.ledger.finishCall(placed.reservationId, { outcome: finished, at: world.now });
    placed.finished = finished;
  }
}
