import { strict as assert } from 'node:assert';
import { ask, askAtOnce } from './asking.ts';
import { busy, call, callAtOnce, hangUp } from './calling.ts';
import { knownConnected, type Pair } from './facts.ts';
import type { Office } from './judge.ts';
import { elsewhere, inbound, list, reply, write } from './people.ts';
import type { Step } from './steps.ts';
import { clock, restart, restrict, settleLate, sweep, undeliverable, wait } from './upheavals.ts';
import { look } from './views.ts';
import { MINUTE, type World } from './world.ts';

/** One step of a history. */
export async function play(world: World, step: Step): Promise<void> {
  world.count();
  switch (step.do) {
    case 'wait':
      return wait(world, step.ms);
    case 'ask':
      return ask(world, step);
    case 'call':
      return call(world, step);
    case 'race':
      return step.what === 'ask'
        ? askAtOnce(world, world.pair(step.who), step.flows)
        : callAtOnce(world, world.pair(step.who), step.flows, step.news);
    case 'reply':
      return reply(world, step);
    case 'inbound':
      return inbound(world, step);
    case 'write':
      return write(world, step);
    case 'hang_up':
      return hangUp(world, step);
    case 'deliver':
      return world.deliverLate(step.order);
    case 'repeat':
      return world.repeat(step.order);
    case 'list':
      return list(world, step);
    case 'sweep':
      return sweep(world);
    case 'settle_late':
      return settleLate(world, step.order);
    case 'undeliverable':
      return undeliverable(world, step);
    case 'elsewhere':
      return elsewhere(world, step);
    case 'restrict':
      return restrict(world, step);
    case 'busy':
      return busy(world, step);
    case 'clock':
      return clock(world, step);
    case 'restart':
      return restart(world, step.ms);
  }
}

/** Nothing acknowledged is lost: permission, opt-out and outcome are what the ledger was told. */
export async function checkEnd(world: World): Promise<void> {
  await Promise.all([
    ...world.pairs.map((pair) => checkPermission(world, pair)),
    ...world.pairs.map((pair) => checkOutcomes(world, pair)),
    ...world.offices.map((office) => checkList(world, office)),
  ]);
}

async function checkList(world: World, { id, pairs }: Office): Promise<void> {
  const { entries } = await world.ledger.doNotCallList({ businessNumberId: id });
  const listed = pairs.filter((pair) => pair.listed).length;
  assert.equal(entries.length, listed, 'the do-not-call list has lost or gained somebody');
}

async function checkPermission(world: World, pair: Pair): Promise<void> {
  const { variant, now } = world;
  if ((pair.words.length === 0 && !pair.listed) || pair.unclear === true) return;
  const stored = await world.ledger.status(pair.businessNumberId, world.address(pair));
  if (pair.listed) {
    assert.deepEqual([stored.status, stored.ended], ['denied', 'opt_out'], `${pair.name} opted out`);
    return;
  }
  const { permission } = look(pair, 'told', { limits: variant.limits, now, slack: 0, drift: 0 }).pair;
  const { status, expiresAt } = permission;
  const held = status === 'permanent' || (status === 'temporary' && now < (expiresAt ?? 0));
  // Our clock and the house's own validity may see a grant end a little, or much, earlier.
  const edge = expiresAt !== undefined && Math.abs(now - expiresAt) < 2 * MINUTE + world.clockError;
  if (held && !edge && variant.own !== 'strict' && !pair.endedByOptOut) {
    assert.equal(stored.status, 'granted', `the permission of ${pair.name} is lost`);
    assert.equal(stored.kind, status, `the permission of ${pair.name} is of another kind`);
  }
  if (!held && !edge) assert.notEqual(stored.status, 'granted', `${pair.name} has given no permission that holds`);
}

async function checkOutcomes(world: World, pair: Pair): Promise<void> {
  for (const placed of pair.calls.slice(-5)) {
    if (placed.by !== 'ours' || !placed.told.has('terminated')) continue;
    const stored = await world.ledger.findCall({ reservationId: placed.reservationId });
    assert.equal(stored?.outcome, outcomeOf(placed), `the outcome of a call to ${pair.name}`);
    assert.equal(stored?.acceptedAt !== undefined, knownConnected(placed), `whether ${pair.name} picked up`);
  }
}

function outcomeOf({ outcome, pickedUpAt, told, endRequested, finished }: Pair['calls'][number]): string | undefined {
  if (outcome === 'failed' || pickedUpAt !== undefined) return outcome;
  if (told.has('rejected')) return 'declined';
  return endRequested === true || finished === 'cancelled' ? 'cancelled' : 'no_answer';
}
