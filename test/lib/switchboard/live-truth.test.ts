import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import { closeLingering, openLedger } from '../../../lib/ledger/open.ts';
import type { ProviderEvent } from '../../../lib/provider/event.ts';
import { ProviderError, type ProviderPermission } from '../../../lib/provider/provider.ts';
import type { LiveCheck } from '../../../lib/switchboard/deps.ts';
import { ANA, type Bench, BOB, benchWith, NUMBER, sleep, talked, until } from './bench.ts';
import { refused } from './fake-provider.ts';

const DAY = 86_400_000;

/** Meta's answer; the calls and requests that it counts. */
function says(status: ProviderPermission['status'], more: Partial<ProviderPermission> = {}): ProviderPermission {
  return {
    status,
    request: {
      allowed: true,
      limits: [
        { period: 'PT24H', allowed: 1, used: 0 },
        { period: 'P7D', allowed: 2, used: 0 },
      ],
    },
    call: { allowed: status !== 'none', limits: [{ period: 'PT24H', allowed: 100, used: 0 }] },
    ...more,
  };
}

function reply(more: Partial<Extract<ProviderEvent, { type: 'permission.replied' }>> = {}): ProviderEvent {
  return {
    type: 'permission.replied',
    id: `reply-${randomUUID()}`,
    at: Date.now(),
    businessNumberId: NUMBER.id,
    contact: ANA,
    response: 'accept',
    permanent: true,
    source: 'user_action',
    ...more,
  };
}

const CALL = { contact: ANA, purpose: 'p', ringSeconds: 30, maxSeconds: 0, origin: { nodeId: 'n' } };

describe('what the provider says about a person', () => {
  let ledger: Ledger;
  let stop: (() => Promise<void>)[] = [];

  /** A call of ours that was picked up, as the ledger knows it. */
  async function conversation(callId: string): Promise<void> {
    const reservation = await ledger.reserveCall({ businessNumber: NUMBER, contact: ANA, purpose: 'p' });
    assert.ok(reservation.ok);
    await ledger.settle(reservation.reservationId, { state: 'consumed', providerId: callId });
    await ledger.append([talked(callId)]);
  }
  async function start(
    liveCheck?: LiveCheck,
    settings = {},
    overrides = {},
  ): Promise<Bench<Ledger> & { asked(): number }> {
    const lease = await openLedger({ engine: 'sqlite', path: ':memory:', overrides });
    ledger = lease.ledger;
    const made = benchWith(ledger, lease.owner, settings, undefined, liveCheck === undefined ? {} : { liveCheck });
    const { provider, switchboard } = made;
    let asked = 0;
    const query = provider.queryPermission.bind(provider);
    provider.queryPermission = (contact) => {
      asked += 1;
      return query(contact);
    };
    await switchboard.start();
    stop.push(
      () => switchboard.close('shutdown', 0),
      () => lease.release(),
    );
    return { ...made, asked: () => asked };
  }
  afterEach(async () => {
    for (const close of stop) await close();
    stop = [];
    await closeLingering();
  });

  it('is not asked for where nothing speaks against the store, unless that is wanted', async () => {
    const unsure = await start();
    await unsure.deliver(reply());
    await unsure.place();
    assert.equal(unsure.asked(), 0);
    const always = await start('always');
    await always.deliver(reply());
    always.provider.onQuery = async () => says('permanent');
    await always.place();
    assert.equal(always.asked(), 1);
    const never = await start('never');
    await never.deliver(reply({ source: 'automatic', contextId: 'wacid.x', at: Date.now() - 2 * DAY }));
    await never.place();
    assert.equal(never.asked(), 0);
  });

  it('is asked for in doubt, once per person for a while', async () => {
    const { deliver, place, switchboard, asked, provider } = await start();
    await deliver(reply({ source: 'automatic', contextId: 'wacid.x', at: Date.now() - 2 * DAY }));
    provider.onQuery = async () => says('permanent');
    const { call } = await place();
    await switchboard.terminate(call.id, 'flow');
    await place();
    assert.equal(asked(), 1);
  });

  it('stops a call that WhatsApp would refuse, corrects the store and tells the flows; the call is not counted', async () => {
    const { deliver, switchboard, provider, changes, permissions, log } = await start('always');
    await deliver(reply());
    provider.onQuery = async () => says('none');
    const result = await switchboard.place(CALL);
    assert.ok(result.outcome === 'needs_permission');
    assert.equal(result.reason.code, 'permission_missing_at_provider');
    assert.equal(result.permission.ended, 'provider_says_none');
    assert.deepEqual([provider.placed, changes], [[], []]);
    await until('the flows hear it', () => permissions.length === 2);
    assert.deepEqual([permissions[1]?.change, permissions[1]?.why], ['ended', 'provider_says_none']);
    assert.deepEqual(
      log.filter((line) => line.startsWith('warn')),
      ['warn: +55119…0123: WhatsApp says that there is no permission, the store has a permanent permission.'],
    );
    assert.deepEqual(await ledger.liveCalls(NUMBER.id), []);
    assert.equal((await switchboard.explain(ANA)).callLimits[0]?.used, 0);
  });

  it('allows a call whose grant the store had missed, but never one to a person who opted out', async () => {
    const { deliver, switchboard, provider, permissions } = await start('always');
    await deliver(reply({ response: 'reject' }));
    const expiresAt = Math.floor(Date.now() / 1000) * 1000 + 7 * DAY;
    provider.onQuery = async () => says('temporary', { expiresAt });
    const result = await switchboard.place(CALL);
    assert.ok(result.outcome === 'placed');
    const known = await ledger.status(NUMBER.id, ANA);
    assert.deepEqual(
      [known.status, known.kind, known.expiresAt, known.source],
      ['granted', 'temporary', expiresAt, 'provider_query'],
    );
    await until('the flows hear it', () => permissions.some(({ change }) => change === 'granted'));

    await switchboard.doNotCall(BOB, { listed: true, source: 'flow' });
    const listed = await switchboard.place({ ...CALL, contact: BOB });
    assert.ok(listed.outcome === 'blocked' && listed.reason.code === 'do_not_call');
    const { permission, differences } = await switchboard.refresh(BOB);
    assert.deepEqual([permission.status, permission.ended, differences], ['denied', 'opt_out', []]);
    await switchboard.doNotCall(BOB, { listed: false, source: 'flow' });
    const released = await switchboard.place({ ...CALL, contact: BOB });
    assert.equal(released.outcome, 'needs_permission');
  });

  it('wins where it counts more than the store: calls and requests wait until it says they are free', async () => {
    const { deliver, switchboard, provider } = await start('always');
    await deliver(reply(), reply({ contact: BOB, response: 'reject' }));
    const freesAt = Math.floor(Date.now() / 1000) * 1000 + 5 * 3_600_000;
    const full = { allowed: false, limits: [{ period: 'PT24H', allowed: 100, used: 100, freesAt }] };
    provider.onQuery = async () => says('permanent', { call: full });
    const result = await switchboard.place(CALL);
    assert.ok(result.outcome === 'blocked' && result.reason.code === 'connected_call_limit');
    assert.ok((result.reason.nextAllowedAt ?? 0) >= freesAt);
    assert.equal(provider.placed.length, 0);

    const asked = { allowed: false, limits: [{ period: 'P7D', allowed: 2, used: 2, freesAt }] };
    provider.onQuery = async () => says('none', { request: asked });
    const ask = await switchboard.ask({
      contact: BOB,
      purpose: 'p',
      via: 'auto',
      template: { name: 't', language: 'en' },
    });
    assert.ok(ask.outcome === 'blocked' && ask.reason.code === 'request_limit_day');
    assert.ok((ask.reason.nextAllowedAt ?? 0) >= freesAt);
    assert.equal(provider.requests.length, 0);

    // And it wins when it is free earlier than it had said.
    provider.onQuery = async () => says('none');
    const again = await switchboard.refresh(BOB);
    assert.deepEqual((await switchboard.explain(BOB)).providerBlocks, undefined);
    assert.equal(again.permission.status, 'denied');
  });

  it('goes on without an answer, says so once, and again after it had worked', async () => {
    const { deliver, place, switchboard, provider, log } = await start('always', { liveCheckMs: 10 });
    await deliver(reply());
    const warned = (): number => log.filter((line) => line.includes('could not be asked')).length;
    const attempt = async (): Promise<void> => {
      const { call } = await place();
      await switchboard.terminate(call.id, 'flow');
    };
    provider.onQuery = () => Promise.reject(refused('613', 'transient'));
    await attempt();
    await sleep(2_100);
    provider.onQuery = () =>
      Promise.reject(
        new ProviderError('Silence.', 'Wait.', { code: 'provider_timeout', kind: 'transient', outcome: 'unknown' }),
      );
    await attempt();
    assert.equal(warned(), 1);
    provider.onQuery = async () => says('permanent');
    await attempt();
    provider.onQuery = () => Promise.reject(refused('131000', 'transient'));
    await attempt();
    assert.equal(warned(), 2);
    // What the store forbids stays forbidden.
    const other = await switchboard.place({ ...CALL, contact: BOB });
    assert.equal(other.outcome, 'needs_permission');
  });

  it('lets a call go that only our own count forbids, and is not asked where the user set the limit', async () => {
    for (const [own, outcome, questions] of [
      [{}, 'placed', 1],
      [{ connectedCallsPerDay: 100 }, 'blocked', 0],
    ] as const) {
      const { deliver, switchboard, provider, asked } = await start('unsure', {}, own);
      await deliver(reply());
      for (let nr = 1; nr <= 100; nr += 1) await conversation(`earlier.${nr}`);
      const limits = [{ period: 'PT24H', allowed: 200, used: 100 }];
      provider.onQuery = async () => says('permanent', { call: { allowed: true, limits } });
      const result = await switchboard.place(CALL);
      assert.equal(result.outcome, outcome);
      assert.equal(asked(), questions);
      const { callLimits } = await switchboard.explain(ANA);
      assert.equal(callLimits[0]?.allowed, questions === 1 ? 200 : 100);
      assert.equal(
        (await ledger.audit({ contact: ANA })).filter(({ event }) => event === 'limits_told').length,
        questions,
      );
    }
  });

  it('is asked for once a day where only our own count forbids a request, and allows what it allows', async () => {
    const { deliver, switchboard, provider, asked } = await start(undefined, { liveCheckKeepMs: 0 });
    const request = { contact: BOB, purpose: 'p', via: 'auto' as const, template: { name: 't', language: 'en' } };
    await deliver(reply({ contact: BOB, response: 'reject' }));
    provider.onQuery = async () => says('none');
    assert.equal((await switchboard.ask(request)).outcome, 'requested');
    for (let times = 0; times < 3; times += 1) {
      const again = await switchboard.ask(request);
      assert.ok(again.outcome === 'blocked' && again.reason.code === 'request_limit_day');
    }
    assert.deepEqual([asked(), provider.requests.length], [1, 1]);
    const two = { allowed: true, limits: [{ period: 'PT24H', allowed: 2, used: 1 }] };
    provider.onQuery = async () => says('none', { request: two });
    await switchboard.refresh(BOB);
    assert.equal((await switchboard.ask(request)).outcome, 'requested');
    assert.equal((await switchboard.ask(request)).outcome, 'blocked');
    assert.equal(provider.requests.length, 2);
  });

  it('is asked for at most five times a second; beyond that the store decides alone', async () => {
    const { deliver, switchboard, provider, asked } = await start('always');
    const people = Array.from({ length: 12 }, (_, index) => ({
      phone: `55119555010${index.toString().padStart(2, '0')}`,
    }));
    await deliver(...people.map((contact) => reply({ contact })));
    provider.onQuery = async () => says('permanent');
    const began = Date.now();
    const results = await Promise.all(people.map((contact) => switchboard.place({ ...CALL, contact })));
    assert.ok(results.every(({ outcome }) => outcome === 'placed'));
    const most = 5 + Math.floor((Date.now() - began) / 200);
    assert.ok(asked() >= 5 && asked() <= most, `${asked()} questions, at most ${most}`);
  });

  it('reports a disagreement once, by log and as a warning of the call, until it was gone', async () => {
    const { deliver, place, switchboard, provider, changes, log } = await start('always');
    await deliver(reply());
    const counts = (used: number) =>
      says('permanent', { call: { allowed: true, limits: [{ period: 'PT24H', allowed: 100, used }] } });
    const attempt = async (): Promise<string[]> => {
      const from = changes.length;
      const { call } = await place();
      await switchboard.terminate(call.id, 'flow');
      return changes.slice(from).flatMap(({ event, text }) => (event === 'warning' ? [text ?? ''] : []));
    };
    provider.onQuery = async () => counts(3);
    assert.deepEqual(await attempt(), [
      'WhatsApp counts 3 and the store 0 of: 100 connected calls per 24 h and contact.',
    ]);
    provider.onQuery = async () => counts(4);
    assert.deepEqual(await attempt(), []);
    provider.onQuery = async () => counts(0);
    assert.deepEqual(await attempt(), []);
    provider.onQuery = async () => counts(3);
    assert.equal((await attempt()).length, 1);
    assert.equal(log.filter((line) => line.startsWith('warn: +55119…0123: WhatsApp counts')).length, 2);
  });

  it('does not undo what became known while the question was on its way', async () => {
    const { deliver, switchboard, provider } = await start('always');
    await deliver(reply());
    provider.onQuery = async () => {
      await deliver(reply({ at: Date.now() + 1_000, permanent: false, expiresAt: Date.now() + 7 * DAY }));
      return says('none');
    };
    const result = await switchboard.place(CALL);
    assert.equal(result.outcome, 'placed');
    assert.equal((await ledger.status(NUMBER.id, ANA)).kind, 'temporary');
  });

  it('is told by refresh with both views, and why it cannot be had', async () => {
    const { deliver, switchboard, provider } = await start('never');
    await deliver(reply());
    provider.onQuery = async () => says('none');
    const refreshed = await switchboard.refresh(ANA);
    assert.deepEqual(
      { ...refreshed, permission: refreshed.permission.status },
      {
        permission: 'not_requested',
        canRequest: true,
        canCall: false,
        differences: ['WhatsApp says that there is no permission, the store has a permanent permission.'],
      },
    );
    assert.deepEqual((await switchboard.refresh(ANA)).differences, []);
    provider.onQuery = () => Promise.reject(refused('190', 'operator'));
    await assert.rejects(switchboard.refresh(ANA), ProviderError);
    provider.capabilities = { ...provider.capabilities, queryPermission: false };
    await assert.rejects(switchboard.refresh(ANA), { code: 'call_failed', nextStep: 'Rely on its webhooks.' });
  });
});
