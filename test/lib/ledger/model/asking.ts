import type { RequestReservation } from '../../../../lib/ledger/ledger.ts';
import type { Pair, Request } from './facts.ts';
import type { Intent } from './judge.ts';
import type { Fate, Step } from './steps.ts';
import { SECOND, type World } from './world.ts';

type Of<T extends Step['do']> = Extract<Step, { do: T }>;

/** A flow asks for permission. */
export async function ask(world: World, { who, via, fate, slow, explain }: Of<'ask'>): Promise<void> {
  world.tick();
  const pair = world.pair(who);
  const [request, intent] = await reserve(world, pair, via, explain);
  if (request === undefined || intent === undefined) return;
  if (slow && world.variant.skewMs > 0) world.pass(20 * SECOND);
  await transmit(world, pair, request, intent, fate);
}

/** Several flows reserve at once; whatever was reserved is sent. */
export async function askAtOnce(world: World, pair: Pair, flows: number): Promise<void> {
  world.tick();
  const reserved: [Request, Intent][] = [];
  for (let flow = 0; flow < flows; flow++) {
    const [request, intent] = await reserve(world, pair, 'template', false);
    if (request !== undefined && intent !== undefined) reserved.push([request, intent]);
  }
  for (const [index, [request, intent]] of reserved.entries()) {
    // What WhatsApp has just told one flow, the other ones cannot have known.
    const informed = reserved.slice(0, index).every(([{ sentAt }]) => sentAt !== undefined);
    await transmit(world, pair, request, intent, informed ? 'sent' : 'refused');
  }
}

async function reserve(
  world: World,
  pair: Pair,
  via: 'template' | 'freeform' | 'auto',
  explain: boolean,
): Promise<[Request, Intent] | [undefined, undefined]> {
  const contact = world.address(pair);
  const businessNumber = world.businessNumber(pair);
  const before = explain && via !== 'freeform' ? await world.ledger.explain(businessNumber, contact) : undefined;
  const answer: RequestReservation = await world.ledger.reserveRequest({
    businessNumber,
    contact,
    purpose: 'model',
    via,
    hasTemplate: via !== 'freeform',
  });
  world.say(`ask ${pair.name} (${via}): ${answer.ok ? `allowed by ${answer.via}` : answer.reason.code}`);
  if (before !== undefined) world.agree(before, 'request', answer);
  const intent: Intent = { what: 'request', freeForm: answer.ok ? answer.via === 'freeform' : via === 'freeform' };
  world.judge(pair, intent, answer);
  if (!answer.ok) return [undefined, undefined];
  const { reservationId } = answer;
  const request: Request = {
    ours: true,
    reservationId,
    reservedAt: world.now,
    leaseUntil: world.leaseUntil,
    settled: 'reserved',
    countedAt: world.now,
    card: { id: world.id('wamid'), at: world.now },
  };
  pair.requests.push(request);
  return [request, intent];
}

async function transmit(world: World, pair: Pair, request: Request, intent: Intent, fate: Fate): Promise<void> {
  const { ledger } = world;
  const { reservationId, card } = request;
  let refusal: { code: number; details: string } | undefined;
  if (fate === 'sent' || fate === 'timeout_sent' || fate === 'forgotten_sent') {
    refusal = world.answerOfWhatsApp(pair, intent);
    if (refusal === undefined) {
      request.sentAt = world.now;
      card.at = world.now;
    }
  }
  if (fate.startsWith('forgotten')) {
    world.say(`… the flow dies ${request.sentAt === undefined ? 'before' : 'after'} it was sent`);
    return;
  }
  if (fate.startsWith('timeout')) {
    if (world.variant.skewMs > 0) world.pass(10 * SECOND);
    world.say(`… no answer from WhatsApp, which ${request.sentAt === undefined ? 'never got' : 'took'} it`);
    await ledger.settle(reservationId, { state: 'unknown', why: 'model' });
    request.settled = 'unknown';
    request.countedAt = world.now;
    return;
  }
  if (request.sentAt === undefined) {
    world.say(`… refused by WhatsApp${refusal === undefined ? '' : ` (${refusal.code})`}`);
    await ledger.settle(reservationId, { state: 'released', why: 'model' });
    request.settled = 'released';
    if (refusal !== undefined) await correct(world, pair, refusal);
    return;
  }
  await ledger.settle(reservationId, { state: 'consumed', providerId: card.id, contact: pair.contact });
  pair.linked = true;
  request.settled = 'consumed';
  request.countedAt = world.now;
}

/** WhatsApp's refusal tells what the ledger did not know. */
export async function correct(
  world: World,
  pair: Pair,
  { code, details }: { code: number; details: string },
): Promise<void> {
  const says = CORRECTIONS[code];
  if (says === undefined) return;
  const seconds = /\((\d+)\)/.exec(details)?.[1];
  const retryAt = seconds === undefined ? undefined : Number(seconds) * 1_000;
  await world.ledger.correct({
    businessNumber: world.businessNumber(pair),
    contact: world.address(pair),
    says,
    ...(retryAt === undefined ? {} : { retryAt }),
  });
  const at = world.now;
  if (says === 'no_permission') pair.words.push({ at, answer: 'reject', told: true, byRefusal: true });
  if (says === 'permanent') {
    pair.words.push({ at, answer: 'permanent', told: true, byRefusal: true });
    pair.endedByOptOut = false;
  }
  if (says === 'request_limit' && retryAt !== undefined) pair.askNotBefore = retryAt;
  if (says === 'connected_limit' && retryAt !== undefined) pair.callNotBefore = retryAt;
}

const CORRECTIONS: Readonly<
  Record<number, 'no_permission' | 'request_limit' | 'connected_limit' | 'permanent' | undefined>
> = { 138006: 'no_permission', 138009: 'request_limit', 138012: 'connected_limit', 138017: 'permanent' };
