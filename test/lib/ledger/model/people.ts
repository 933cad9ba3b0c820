import type { Instant } from '../../../../lib/permission/model.ts';
import { setPermission } from '../../../../simulator/pair-changes.ts';
import { newPair as emptyPair } from '../../../../simulator/state.ts';
import { proceed, webhookOf } from './calling.ts';
import type { Call, Pair, Word } from './facts.ts';
import { refusals } from './judge.ts';
import type { Expiry, Step } from './steps.ts';
import { look } from './views.ts';
import { DAY, HOUR, type Webhook, type World } from './world.ts';

type Of<T extends Step['do']> = Extract<Step, { do: T }>;

/** The person answers a question, or changes the setting in the profile. */
export async function reply(world: World, { who, answer, expiry, to, news }: Of<'reply'>): Promise<void> {
  world.tick();
  const pair = world.pair(who);
  const question = to === 'request' ? pair.requests.filter(({ sentAt }) => sentAt !== undefined).at(-1) : undefined;
  const contextId = question?.card.id;
  const kind = answer === 'temporary' && contextId === undefined ? 'permanent' : answer;
  world.say(
    `${pair.name} ${kind === 'reject' ? 'refuses' : `allows (${kind}${kind === 'temporary' ? `, ${expiry}` : ''})`}`,
  );
  const word = wordOf(world, kind, expiry);
  pair.words.push(word);
  await world.emit([replyWebhook(world, pair, word, told(word.at, expiry), 'user_action', contextId)], news);
}

/** What the webhook says about the end. */
function told(at: Instant, expiry: Expiry): Instant | undefined {
  switch (expiry) {
    case 'week':
      return at + 7 * DAY;
    case 'hour':
      return at + HOUR;
    case 'absent':
      return undefined;
    case 'sixteen_days':
      return at + 16 * DAY;
    case 'far':
      return at + 400 * DAY;
    case 'seconds':
      return Math.floor((at + 7 * DAY) / 1_000);
    case 'past':
      return at - HOUR;
    case 'zero':
      return 0;
  }
}

/**
 * What holds at WhatsApp: what its webhook tells, as `setPermission` says. Where the webhook tells nothing, or what cannot be
 * (more than Meta's longest sample), it is Meta's 7 days; what ended in the past is no permission.
 */
function wordOf(world: World, answer: Word['answer'], expiry: Expiry): Word {
  const at = world.stamp();
  const word: Word = { at, answer, told: false };
  if (answer !== 'temporary') return word;
  const said = told(at, expiry);
  const pair = emptyPair();
  setPermission(pair, 'temporary', at);
  const week = world.variant.resolutionMs === 1 ? at + 7 * DAY : (pair.permission.expiresAt ?? 0);
  word.expiresAt = said === undefined || expiry === 'far' ? week : said;
  return word;
}

function replyWebhook(
  world: World,
  pair: Pair,
  word: Word,
  expiresAt: Instant | undefined,
  source: 'user_action' | 'automatic',
  contextId: string | undefined,
): Webhook {
  return {
    event: {
      type: 'permission.replied',
      id: world.id('reply'),
      at: word.at,
      businessNumberId: pair.businessNumberId,
      contact: world.named(pair),
      response: word.answer === 'reject' ? 'reject' : 'accept',
      permanent: word.answer === 'permanent',
      source,
      ...(contextId === undefined ? {} : { contextId }),
      ...(word.answer !== 'temporary' || expiresAt === undefined ? {} : { expiresAt }),
    },
    tell: () => {
      word.told = true;
      const close = ({ byRefusal, at }: Word) => byRefusal === true && Math.abs(at - word.at) <= world.clockError;
      if (world.clockError > 0 && pair.words.some(close)) pair.unclear = true;
      const stale = (told: (other: Word) => boolean) => pair.words.some((other) => told(other) && other.at > word.at);
      // A webhook is better proof of a permission than the refusal that had hinted at it, unless a newer one was there before the hint.
      if (!stale(({ told, byRefusal }) => told && byRefusal !== true))
        pair.words = pair.words.filter(({ byRefusal, answer }) => byRefusal !== true || answer === 'reject');
      if (!stale(({ told }) => told)) pair.endedByOptOut = false;
      if (source === 'user_action' && contextId !== undefined) proveRequest(world, pair, contextId);
    },
  };
}

/** A reply to a question that the ledger does not know proves that the newest doubtful one went out. */
function proveRequest(world: World, pair: Pair, contextId: string): void {
  const ours = pair.requests.filter((request) => request.ours);
  if (
    ours.some(
      ({ settled, card, takenFor }) => takenFor === contextId || (settled === 'consumed' && card.id === contextId),
    )
  )
    return;
  const open = ours.filter(({ settled }) => settled === 'unknown' || settled === 'reserved').at(-1);
  if (open === undefined) return;
  if (open.settled === 'reserved') open.countedAt = world.now;
  open.settled = 'consumed';
  open.takenFor = contextId;
}

/** The person calls. With `callback` that is a permission as well, if the business has switched it on. */
export async function inbound(world: World, { who, answered, callback, left, news }: Of<'inbound'>): Promise<void> {
  world.tick();
  const pair = world.pair(who);
  const { limits } = world.variant;
  const before = look(pair, 'truth', { limits, now: world.now, slack: 0, drift: 0 });
  if (before.live) return;
  const id = world.id('wacid');
  const incoming: Call = {
    by: 'person',
    id,
    reservationId: '',
    reservedAt: world.now,
    leaseUntil: world.now,
    settled: 'consumed',
    countedAt: world.now,
    placedAt: world.now,
    told: new Set(),
    heardAt: world.now,
  };
  pair.calls.push(incoming);
  const webhooks = [webhookOf(world, pair, incoming, 'connect')];
  if (callback && before.pair.permission.status !== 'permanent') {
    world.tick();
    const word = wordOf(world, 'temporary', 'week');
    pair.words.push(word);
    webhooks.push(replyWebhook(world, pair, word, word.expiresAt, 'automatic', id));
  }
  const end = answered ? (left ? 'left_talking' : 'answered') : left ? 'left_ringing' : 'missed';
  await proceed(world, pair, incoming, end, webhooks, news);
}

/** The person writes, perhaps that nobody shall call any more. */
export async function write(world: World, { who, stop, news }: Of<'write'>): Promise<void> {
  world.tick();
  const pair = world.pair(who);
  const contact = { at: world.stamp(), told: false };
  pair.contacts.push(contact);
  world.say(`${pair.name} writes: ${stop ? 'stop calls' : 'hello'}`);
  const id = world.id('wamid.in');
  const event = {
    type: 'message.received' as const,
    id,
    at: contact.at,
    businessNumberId: pair.businessNumberId,
    contact: world.named(pair),
    messageId: id,
    text: stop ? 'Stop calls' : 'Hello, what time do you open?',
  };
  const tell = () => {
    contact.told = true;
    if (stop) optedOut(pair);
  };
  await world.emit([{ event, tell }], news);
}

/** The business lists a person, imports a list, or releases somebody. */
export async function list(world: World, { who, how }: Of<'list'>): Promise<void> {
  world.tick();
  const pair = world.pair(who);
  world.say(`${pair.name} is ${how}`);
  const contact = world.address(pair);
  if (how === 'imported') {
    const { listed, already } = await world.ledger.importDoNotCall(pair.businessNumberId, [contact], {
      source: 'model',
    });
    if (listed + already !== 1) throw new Error(`imported ${listed}, already ${already}`);
    if (listed === 1) optedOut(pair);
    return;
  }
  await world.ledger.doNotCall(pair.businessNumberId, contact, { listed: how === 'listed', source: 'model' });
  if (how === 'listed') optedOut(pair);
  else pair.listed = false;
}

function optedOut(pair: Pair): void {
  pair.listed = true;
  pair.endedByOptOut = true;
}

/** Another system with the same business number asks or calls; the ledger hears of its calls alone. */
export async function elsewhere(world: World, { who, what, answered, news }: Of<'elsewhere'>): Promise<void> {
  world.tick();
  const pair = world.pair(who);
  const intent = what === 'call' ? { what } : { what: 'request' as const, freeForm: false };
  if (refusals(world.moment(pair), intent, 'truth').size > 0) return;
  world.say(`another system ${what === 'call' ? 'calls' : 'asks'} ${pair.name}`);
  const common = { reservationId: '', reservedAt: world.now, leaseUntil: world.now, countedAt: world.now };
  if (what === 'ask') {
    const card = { id: world.id('wamid'), at: world.now };
    pair.requests.push({ ...common, ours: false, settled: 'consumed', sentAt: world.now, card });
    return;
  }
  const call: Call = {
    ...common,
    by: 'another system',
    id: world.id('wacid'),
    settled: 'consumed',
    placedAt: world.now,
    told: new Set(),
    heardAt: world.now,
  };
  pair.calls.push(call);
  await proceed(world, pair, call, answered ? 'answered' : 'missed', [webhookOf(world, pair, call, 'connect')], news);
}
