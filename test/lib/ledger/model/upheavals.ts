import { strict as assert } from 'node:assert';
import { over, RING_MS } from './calling.ts';
import type { Call, Pair, Request } from './facts.ts';
import type { Step } from './steps.ts';
import { HOUR, SECOND, shuffled, type World } from './world.ts';

type Of<T extends Step['do']> = Extract<Step, { do: T }>;
const LATE = { how: 'late', order: 0, twice: false } as const;

/** Time passes. Phones that ring stop ringing meanwhile. */
export async function wait(world: World, ms: number): Promise<void> {
  const until = world.now + ms;
  world.say(`${Math.round(ms / 100) / 10} s pass`);
  for (const { pair, call, at } of ringing(world, until)) {
    if (at > world.now) world.pass(at - world.now);
    const webhooks = over(world, pair, call, call.by === 'person' ? 'cancelled' : 'no_answer');
    world.say(`… the phone of ${pair.name} stops ringing`);
    await world.emit(webhooks, call.placedAt === undefined ? LATE : { ...LATE, how: 'now' });
  }
  if (until > world.now) world.pass(until - world.now);
}

function ringing(world: World, until: number): { pair: Pair; call: Call; at: number }[] {
  return world.pairs
    .flatMap((pair) => pair.calls.map((call) => ({ pair, call, at: (call.rangAt ?? 0) + RING_MS })))
    .filter(
      ({ call, at }) =>
        call.rangAt !== undefined && call.pickedUpAt === undefined && call.endedAt === undefined && at <= until,
    )
    .sort((a, b) => a.at - b.at);
}

/** The machine's clock goes wrong, or stands still. */
export async function clock(world: World, { how, ms }: Of<'clock'>): Promise<void> {
  const { variant } = world;
  switch (how) {
    case 'drift':
      // Never so far that two moments seem further apart than the skew.
      world.setClock(variant.skewMs === 0 ? 0 : Math.round((ms / HOUR - 0.5) * (variant.skewMs - 3 * SECOND)));
      world.say(`our clock is ${world.offset} ms off`);
      return;
    case 'wrong':
      // Less than the guard can tell from an ordinary correction.
      world.setClock((ms % (2 * 60_000) === 0 ? 1 : -1) * Math.min(ms, 25 * 60_000));
      world.say(`our clock is wrong by ${world.offset} ms`);
      return;
    case 'flicker':
    case 'behind': {
      void world.ledgerNow;
      world.say(`our clock jumps ${how === 'behind' ? 'back' : 'ahead'} and is put right again`);
      // By more than an hour, also where the clock was wrong before.
      const far = how === 'behind' ? -3 * HOUR - ms : 2 * HOUR + ms;
      world.engine.clock.jump(far);
      await nothingLeaves(world);
      world.engine.clock.jump(-far);
      if (how === 'behind') await settleClock(world);
      return;
    }
    case 'asleep':
      world.say(`the machine sleeps for ${ms / 60_000 + 120} min`);
      world.now += 2 * HOUR + ms;
      world.engine.clock.jump(2 * HOUR + ms);
      await settleClock(world);
      await wait(world, 0);
  }
}

/** After a jump nothing is sent until two readings, ten seconds or more apart, agree. */
async function settleClock(world: World): Promise<void> {
  await nothingLeaves(world);
  world.pass(11 * SECOND);
  // Two instances take turns, and each of them reads the time for itself.
  for (let reading = 0; reading < 2; reading++) await world.ledger.nextLapse();
}

/** None of it is believed, so the ledger's time does not move on with it. */
async function nothingLeaves(world: World): Promise<void> {
  const pair = world.pair(0);
  const intent = { businessNumber: world.businessNumber(pair), contact: world.address(pair), purpose: 'model' };
  const call = await world.engine.ledger.reserveCall(intent);
  assert.equal(call.ok, false, 'a call was allowed while the clock is in doubt');
  const request = await world.engine.ledger.reserveRequest({ ...intent, via: 'template', hasTemplate: true });
  assert.equal(request.ok, false, 'a request was allowed while the clock is in doubt');
}

/** The process ends without settling anything; another one opens the store and takes over the calls. */
export async function restart(world: World, ms: number): Promise<void> {
  const { engine } = world;
  if (engine.restart === undefined) return;
  world.tick();
  world.say(`the process dies and comes back after ${ms / SECOND} s`);
  void world.ledgerNow;
  await wait(world, Math.max(ms, engine.deathNoticedMs ?? 0));
  await engine.restart();
  for (const reservation of unsettled(world)) giveUp(world, reservation);
  for (const { id } of world.offices) {
    const calls = await world.ledger.liveCalls(id);
    if (calls.length > 0) await world.ledger.adopt(calls.map(({ reservationId }) => reservationId));
  }
}

export async function sweep(world: World): Promise<void> {
  world.tick();
  world.say('sweep');
  await world.ledger.sweep();
  for (const reservation of unsettled(world)) if (reservation.leaseUntil <= world.ledgerNow) giveUp(world, reservation);
}

function unsettled(world: World): (Request | Call)[] {
  return world.pairs.flatMap(({ requests, calls }) =>
    [...requests, ...calls].filter(({ settled }) => settled === 'reserved'),
  );
}

/** Nobody will settle it: it may have been sent, at the latest when its lease ended. */
function giveUp(world: World, reservation: Request | Call): void {
  reservation.settled = 'unknown';
  const latest = Math.min(world.ledgerNow, reservation.leaseUntil) - world.offset;
  reservation.countedAt = Math.max(reservation.countedAt, latest);
  if ('heardAt' in reservation) reservation.heardAt = Math.max(reservation.heardAt, latest);
}

/** Of one reservation in doubt it turns out how it went. */
export async function settleLate(world: World, order: number): Promise<void> {
  world.tick();
  const open = world.pairs.flatMap((pair) => [
    ...pair.requests.filter(({ ours }) => ours).map((reservation) => ({ pair, reservation })),
    ...pair.calls.filter(({ by }) => by === 'ours').map((reservation) => ({ pair, reservation })),
  ]);
  const [chosen] = shuffled(
    open.filter(({ reservation: { settled } }) => settled === 'unknown' || settled === 'reserved'),
    order,
  );
  if (chosen === undefined) return;
  const { pair, reservation } = chosen;
  const request = 'card' in reservation;
  const sent = request ? reservation.sentAt !== undefined : reservation.placedAt !== undefined;
  const id = request ? reservation.card.id : reservation.id;
  world.say(`it turns out that ${request ? 'a request' : 'a call'} to ${pair.name} was ${sent ? 'sent' : 'not sent'}`);
  await world.ledger.settle(
    reservation.reservationId,
    sent ? { state: 'consumed', providerId: id, contact: pair.contact } : { state: 'released', why: 'model' },
  );
  if (sent) pair.linked = true;
  if (reservation.settled === 'reserved') reservation.countedAt = world.now;
  reservation.settled = sent ? 'consumed' : 'released';
  if ('heardAt' in reservation) reservation.heardAt = world.now;
}

/** WhatsApp pauses the business number for its quality. */
export async function restrict(world: World, { who, ms, news }: Of<'restrict'>): Promise<void> {
  world.tick();
  const office = world.office(world.pair(who));
  const restriction = { until: world.stamp() + ms, told: false };
  office.restrictions.push(restriction);
  world.say(`WhatsApp pauses the business number for ${ms / HOUR} h`);
  const event = {
    type: 'account.restricted' as const,
    id: world.id('restricted'),
    at: world.stamp(),
    businessNumberId: office.id,
    restriction: 'RESTRICTED_BIZ_INITIATED_CALLING',
    until: restriction.until,
    warning: false,
  };
  const tell = () => {
    restriction.told = true;
  };
  await world.emit([{ event, tell }], news);
}

/** The newest question could not be delivered. It counts all the same. */
export async function undeliverable(world: World, { who, news }: Of<'undeliverable'>): Promise<void> {
  world.tick();
  const pair = world.pair(who);
  const request = pair.requests.filter(({ sentAt, ours }) => ours && sentAt !== undefined).at(-1);
  if (request === undefined || request.card.failed === true) return;
  request.card.failed = true;
  world.say(`the question to ${pair.name} cannot be delivered`);
  const event = {
    type: 'message.status' as const,
    id: world.id('status'),
    at: world.stamp(),
    businessNumberId: pair.businessNumberId,
    messageId: request.card.id,
    status: 'failed',
    errors: [{ code: '131026', message: 'Message undeliverable' }],
  };
  await world.emit([{ event, tell: () => undefined }], news);
}
