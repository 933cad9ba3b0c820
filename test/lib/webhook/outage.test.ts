import { strict as assert } from 'node:assert';
import type { Contact } from '../../../lib/permission/model.ts';
import { NUMBER } from '../../simulator/business.ts';
import { DAY, HOUR, MINUTE } from '../ledger/stand.ts';
import { Receiver } from './outage.ts';

const PEOPLE = {
  asked1: { phone: '5511955500201' },
  asked2: { phone: '5511955500202' },
  denies: { phone: '5511955500203' },
  wavers: { phone: '5511955500204' },
  revokes: { phone: '5511955500205' },
  stops: { phone: '5511955500206' },
  completed: { phone: '5511955500207' },
  unanswered: { phone: '5511955500208' },
  declined: { phone: '5511955500209' },
} satisfies Record<string, Contact>;

/** A week in which everything happens that a webhook can tell, with the store there or away. */
async function week(receiver: Receiver, away: boolean): Promise<void> {
  const { control } = receiver.business.simulator;
  for (const { phone } of Object.values(PEOPLE)) await control.do('people', { phone, name: 'Ana' });
  for (const contact of [PEOPLE.asked1, PEOPLE.asked2, PEOPLE.denies, PEOPLE.wavers]) await receiver.ask(contact);
  for (const name of ['revokes', 'stops', 'completed', 'unanswered', 'declined'] as const) {
    await receiver.answer(PEOPLE[name], 'profile_permanent');
  }
  await receiver.settled();
  assert.equal(receiver.undelivered(), 0);
  // The calls are placed while the store is there; what becomes of them is told later.
  await receiver.faults({ delay: { seconds: 3_000 } });
  await receiver.call(PEOPLE.completed, 'answers');
  await receiver.call(PEOPLE.unanswered, 'no_answer');
  await receiver.call(PEOPLE.declined, 'declines');
  const told = receiver.statuses.length;
  const handled = receiver.handled.length;
  if (away) await receiver.goAway();

  await receiver.pass(HOUR, 1);
  await receiver.faults({ reset: true, duplicate: 1, reorder: 'reverse', gatherSeconds: 1 });
  await receiver.answer(PEOPLE.wavers, 'temporary');
  await receiver.answer(PEOPLE.asked1, 'temporary');
  await receiver.answer(PEOPLE.asked2, 'permanent');
  await receiver.answer(PEOPLE.denies, 'reject');
  await receiver.pass(HOUR, 1);
  await receiver.answer(PEOPLE.wavers, 'revoke');
  await receiver.answer(PEOPLE.revokes, 'revoke');
  await control.do('message', { user: PEOPLE.stops.phone, text: 'Stop!' });
  await receiver.pass(HOUR, 1);
  await receiver.answer(PEOPLE.wavers, 'profile_permanent');
  // After an opt-out nothing but a release counts.
  await receiver.answer(PEOPLE.stops, 'profile_permanent');
  // Ten minutes less than the week after which WhatsApp gives up.
  await receiver.pass(7 * DAY - 3 * HOUR - 10 * MINUTE, 7);

  const since = receiver.statuses.slice(told);
  if (away) {
    assert.deepEqual([...new Set(since)], [503]);
    const tries = receiver.tries();
    assert.ok(tries.length >= 15 && Math.min(...tries) >= 6, `each was sent again and again: ${tries}`);
    assert.ok(receiver.undelivered() >= 15);
    assert.equal(receiver.handled.length, handled, 'nobody hears what is not kept');
    receiver.comeBack();
  } else assert.deepEqual([...new Set(since)], [200]);
  await receiver.pass(2 * HOUR, 4);
  assert.equal(receiver.undelivered(), 0);
  assert.equal(receiver.statuses.at(-1), 200);
}

/** What the ledger knows in the end, without times and ids, which no two weeks share. */
async function knowledge(receiver: Receiver) {
  const ledger = await receiver.ledger();
  const people: Record<string, unknown> = {};
  for (const [name, contact] of Object.entries(PEOPLE)) {
    const { status, kind, ended } = await ledger.status(NUMBER, contact);
    const reservationId = receiver.calls.get(contact);
    const call = reservationId === undefined ? undefined : await ledger.findCall({ reservationId });
    const events = (await ledger.audit({ contact })).map(({ event }) => event);
    people[name] = {
      permission: [status, kind, ended].join(' '),
      ...(call === undefined ? {} : { outcome: call.outcome, seconds: call.durationSeconds }),
      granted: events.includes('permission_granted'),
    };
  }
  const { entries } = await ledger.doNotCallList({ businessNumberId: NUMBER });
  return {
    people,
    doNotCall: entries.map(({ contact }) => contact.phone),
    live: (await ledger.liveCalls(NUMBER)).length,
    undispatched: (await ledger.undispatched(NUMBER)).length,
    audit: (await ledger.verifyAudit()).ok,
    handled: receiver.handled.map((id) => id.replace(/wa[mc]id\.[^:]+|\d{9,}/g, '…')).sort(),
  };
}

describe('a store that is away for 7 days', function () {
  this.timeout(120_000);

  it('answers 503 all the time; then everything comes again and the end is the same as without the outage, told once', async () => {
    const results: Awaited<ReturnType<typeof knowledge>>[] = [];
    for (const away of [false, true]) {
      const receiver = await Receiver.start();
      try {
        await week(receiver, away);
        results.push(await knowledge(receiver));
        assert.equal(new Set(receiver.handled).size, receiver.handled.length, 'something reached the flows twice');
      } finally {
        await receiver.close();
      }
    }
    const [without, outage] = results;
    assert.deepEqual(outage, without);
    const { people, handled, ...rest } = outage ?? assert.fail();
    assert.deepEqual(rest, { doNotCall: [PEOPLE.stops.phone], live: 0, undispatched: 0, audit: true });
    assert.ok(handled.length > 30);
    assert.deepEqual(people, {
      // The permission of a week is over by now, but it was taken in.
      asked1: { permission: 'not_requested temporary expired', granted: true },
      asked2: { permission: 'granted permanent ', granted: true },
      denies: { permission: 'denied  denied', granted: false },
      wavers: { permission: 'granted permanent ', granted: true },
      revokes: { permission: 'denied permanent revoked', granted: true },
      stops: { permission: 'denied permanent opt_out', granted: true },
      completed: { permission: 'granted permanent ', outcome: 'completed', seconds: 30, granted: true },
      unanswered: { permission: 'granted permanent ', outcome: 'no_answer', seconds: undefined, granted: true },
      declined: { permission: 'granted permanent ', outcome: 'declined', seconds: undefined, granted: true },
    });
  });
});
