import { strict as assert } from 'node:assert';
import { MediaError } from '../../../lib/media/media.ts';
import { CallError } from '../../../lib/switchboard/switchboard.ts';
import { ANA, BOB, bench, event, sleep, talked, until } from './bench.ts';
import { badToken, notSent, refused, timeout } from './fake-provider.ts';

describe('lib/switchboard/place', () => {
  it('goes from offer to answered to ended, telling each step once', async () => {
    const { switchboard, provider, media, ledger, deliver, place, events, ended } = bench();
    const { call } = await place();
    assert.equal(call.state, 'placed');
    assert.deepEqual(provider.placed, [{ contact: ANA, offer: 'v=0 offer', correlationId: call.id }]);
    assert.deepEqual(ledger.settled, [{ id: call.id, settlement: { state: 'consumed', providerId: 'wacid.1' } }]);
    await deliver(event('call.connect', 'wacid.1'));
    const [leg] = media.made;
    assert.deepEqual(leg?.answers, ['v=0 answer']);
    await deliver(event('call.ringing', 'wacid.1'));
    leg?.become('connected');
    assert.equal(leg?.gateOpen, false, 'nothing is played to a ringing phone');
    await deliver(event('call.accepted', 'wacid.1'));
    assert.equal(leg?.gateOpen, true);
    assert.equal(switchboard.leg(call.id), leg);
    assert.equal(switchboard.leg('wacid.1'), leg);
    leg?.press('5');
    await deliver(talked('wacid.1'));
    await until('ended', () => ended().length > 0);
    assert.deepEqual(events(), ['placed', 'connect', 'ringing', 'accepted', 'answered', 'digit', 'ended']);
    const [last] = ended();
    assert.equal(last?.call.outcome, 'completed');
    assert.equal(last?.call.durationSeconds, 61);
    assert.deepEqual(last?.origin, { nodeId: 'node-1', data: { order: 7 } });
    assert.equal(leg?.closed, 1);
    assert.deepEqual(provider.terminated, [], 'who is hung up on need not hang up');
    assert.throws(() => switchboard.leg(call.id), { code: 'call_ended' });
    assert.throws(() => switchboard.leg('nobody'), { code: 'call_unknown' });
    assert.deepEqual(switchboard.calls(), []);
    assert.equal(switchboard.call(call.id)?.state, 'ended');
    await until('all handed out', () => ledger.handedOut.length === ledger.inbox.size);
    await switchboard.close('shutdown');
  });

  it('takes webhooks that come before the HTTP reply, with and without our id in them', async () => {
    for (const echo of [true, false]) {
      const { switchboard, provider, media, deliver, place, events, ended, changes } = bench();
      const reply = Promise.withResolvers<{ callId: string }>();
      provider.onPlace = () => reply.promise;
      const placing = place();
      await until('request sent', () => provider.placed.length === 1);
      const correlation = echo ? { correlationId: provider.placed[0]?.correlationId ?? '' } : {};
      await deliver(event('call.connect', 'wacid.9', correlation));
      await deliver(event('call.ringing', 'wacid.9', correlation));
      await deliver(event('call.accepted', 'wacid.9', correlation));
      if (echo) assert.equal(media.made[0]?.answers.length, 1, 'the answer is applied at once');
      reply.resolve({ callId: 'wacid.9' });
      await placing;
      assert.equal(media.made[0]?.answers.length, 1);
      assert.equal(changes.at(-1)?.call.state, 'answered');
      await deliver(talked('wacid.9'));
      await until('ended', () => ended().length > 0);
      assert.deepEqual(events(), ['placed', 'connect', 'ringing', 'accepted', 'ended']);
      await switchboard.close('shutdown');
    }
  });

  it('takes a terminate that comes before everything else', async () => {
    const { switchboard, provider, deliver, place, ended, ledger } = bench();
    const reply = Promise.withResolvers<{ callId: string }>();
    provider.onPlace = () => reply.promise;
    const placing = place();
    await until('request sent', () => provider.placed.length === 1);
    const correlationId = provider.placed[0]?.correlationId ?? '';
    await deliver(event('call.terminated', 'wacid.9', { correlationId, status: 'failed' }));
    reply.resolve({ callId: 'wacid.9' });
    const { call } = await placing;
    await deliver(event('call.connect', 'wacid.9'), event('call.accepted', 'wacid.9'));
    await until('ended', () => ended().length > 0);
    await deliver(event('call.terminated', 'wacid.9'));
    assert.equal(switchboard.call(call.id)?.outcome, 'failed');
    assert.equal(ended().length, 1);
    assert.deepEqual(provider.terminated, []);
    await until('all handed out', () => ledger.handedOut.length === ledger.inbox.size);
    await switchboard.close('shutdown');
  });

  it('waits a moment for ACCEPTED or REJECTED behind a terminate that does not tell', async () => {
    for (const [straggler, outcome] of [
      ['call.rejected', 'declined'],
      ['call.accepted', 'completed'],
    ] as const) {
      const { switchboard, deliver, place, ended, events } = bench({ settleMs: 10_000 });
      await place();
      await deliver(event('call.terminated', 'wacid.1'));
      assert.deepEqual(ended(), []);
      await deliver(event(straggler, 'wacid.1'));
      await until('ended', () => ended().length > 0);
      assert.equal(ended()[0]?.call.outcome, outcome);
      assert.equal(events().at(-1), 'ended');
      await switchboard.close('shutdown');
    }
  });

  it('passes refusals of the ledger on as results and sends nothing', async () => {
    const { switchboard, provider, media, ledger } = bench();
    const input = { purpose: 'p', ringSeconds: 30, maxSeconds: 0, origin: { nodeId: 'n' } };
    const unknown = await switchboard.place({ ...input, contact: { phone: '351911' } });
    assert.equal(unknown.outcome, 'needs_permission');
    ledger.blocked.add('BR.2');
    const blocked = await switchboard.place({ ...input, contact: BOB });
    assert.equal(blocked.outcome, 'blocked');
    assert.ok(blocked.outcome === 'blocked' && blocked.reason.code === 'do_not_call');
    assert.deepEqual(provider.placed, []);
    assert.deepEqual(media.made, []);
    await switchboard.close('shutdown');
  });

  it('places one call for two simultaneous wishes to call the same person', async () => {
    const { switchboard, provider } = bench();
    const input = { contact: ANA, purpose: 'p', ringSeconds: 30, maxSeconds: 0, origin: { nodeId: 'n' } };
    const results = await Promise.all([switchboard.place(input), switchboard.place(input)]);
    assert.deepEqual(results.map(({ outcome }) => outcome).sort(), ['blocked', 'placed']);
    assert.equal(provider.placed.length, 1);
    await switchboard.close('shutdown');
  });

  it('turns the provider’s refusal into a result, corrects the ledger and gives the use back', async () => {
    const { switchboard, provider, ledger, media, events } = bench();
    const input = { contact: ANA, purpose: 'p', ringSeconds: 30, maxSeconds: 0, origin: { nodeId: 'n' } };
    provider.onPlace = () => Promise.reject(refused('138006'));
    const result = await switchboard.place(input);
    assert.equal(result.outcome, 'needs_permission');
    assert.ok(result.outcome === 'needs_permission');
    assert.equal(result.reason.code, 'permission_missing_at_provider');
    assert.deepEqual(result.reason.provider, {
      code: '138006',
      details: 'details of the provider',
      traceId: 'trace',
    });
    assert.equal(result.permission.status, 'not_requested', 'the ledger has learned');
    assert.equal(ledger.corrections[0]?.says, 'no_permission');
    assert.equal(ledger.settled[0]?.settlement.state, 'released');
    ledger.grant(ANA);
    provider.onPlace = () => Promise.reject(refused('138012', 'wait'));
    const freesAt = Date.now() + 3_600_000;
    provider.onQuery = async () => ({
      status: 'temporary',
      request: { allowed: true, limits: [] },
      call: { allowed: false, limits: [{ period: 'PT24H', allowed: 100, used: 100, freesAt }] },
    });
    const limited = await switchboard.place(input);
    assert.ok(limited.outcome === 'blocked');
    assert.equal(limited.reason.code, 'connected_call_limit');
    assert.equal(limited.reason.nextAllowedAt, freesAt);
    assert.equal(ledger.corrections[1]?.retryAt, freesAt);
    assert.deepEqual(events(), [], 'a call that was refused was not placed');
    assert.equal(media.legs(), 0);
    await switchboard.close('shutdown');
  });

  it('throws faults, and gives the use back only when nothing can have been sent', async () => {
    const { switchboard, provider, ledger, media, events } = bench();
    const input = { contact: ANA, purpose: 'p', ringSeconds: 30, maxSeconds: 0, origin: { nodeId: 'n' } };
    for (const error of [notSent(), badToken()]) {
      provider.onPlace = () => Promise.reject(error);
      await assert.rejects(switchboard.place(input), error);
      assert.equal(ledger.settled.at(-1)?.settlement.state, 'released');
    }
    assert.deepEqual(events(), []);
    assert.equal(media.legs(), 0);
    assert.equal(provider.placed.length, 2);
    await switchboard.close('shutdown');
  });

  it('does not repeat a placing that timed out, and adopts the call when a webhook proves it', async () => {
    const { switchboard, provider, ledger, media, deliver, place, events, ended } = bench({ unknownWaitMs: 60_000 });
    provider.onPlace = () => Promise.reject(timeout());
    const { call, doubt } = await place();
    assert.equal(call.state, 'placing');
    assert.equal((doubt as { code?: unknown }).code, 'provider_timeout');
    assert.equal(ledger.settled[0]?.settlement.state, 'unknown');
    assert.deepEqual(events(), []);
    await deliver(event('call.connect', 'wacid.late', { correlationId: call.id }));
    assert.equal(media.made[0]?.answers.length, 1);
    media.made[0]?.become('connected');
    await deliver(event('call.accepted', 'wacid.late'), talked('wacid.late'));
    await until('ended', () => ended().length > 0);
    assert.deepEqual(events(), ['placed', 'connect', 'accepted', 'answered', 'ended']);
    assert.equal(ended()[0]?.call.providerCallId, 'wacid.late');
    assert.equal(provider.placed.length, 1);
    await switchboard.close('shutdown');
  });

  it('ends a call of unknown placing as failed in the end, and hangs up should it appear later', async () => {
    const { switchboard, provider, ledger, deliver, place, ended } = bench({ unknownWaitMs: 20 });
    provider.onPlace = () => Promise.reject(timeout());
    const { call } = await place();
    await until('ended', () => ended().length > 0);
    assert.equal(ended()[0]?.call.outcome, 'failed');
    assert.equal(ended()[0]?.call.errors?.[0]?.code, 'outcome_unknown');
    assert.deepEqual(ledger.finished, [{ id: call.id, outcome: 'failed', errorCode: 'outcome_unknown' }]);
    await deliver(event('call.connect', 'wacid.late', { correlationId: call.id }));
    await deliver(event('call.ringing', 'wacid.late', { correlationId: call.id }));
    assert.deepEqual(provider.terminated, ['wacid.late']);
    assert.equal(ended().length, 1);
    await switchboard.close('shutdown');
  });

  it('hangs up on a second call under the same id and leaves the first alone', async () => {
    const { switchboard, provider, deliver, place } = bench();
    const { call } = await place();
    await deliver(event('call.connect', 'wacid.other', { correlationId: call.id }));
    assert.deepEqual(provider.terminated, ['wacid.other']);
    assert.equal(switchboard.call(call.id)?.state, 'placed');
    await switchboard.close('shutdown');
  });

  it('sends nothing when the leg or its offer fails', async () => {
    const fault = new MediaError('media_port_in_use', 'No port is free.', 'Widen the range.');
    for (const stage of ['leg', 'offer'] as const) {
      const { switchboard, provider, media, ledger, events } = bench();
      media.onCreate = async (leg) => {
        if (stage === 'leg') throw fault;
        leg.onOffer = () => Promise.reject(fault);
      };
      const input = { contact: ANA, purpose: 'p', ringSeconds: 30, maxSeconds: 0, origin: { nodeId: 'n' } };
      await assert.rejects(switchboard.place(input), fault);
      assert.deepEqual(provider.placed, []);
      assert.equal(ledger.settled[0]?.settlement.state, 'released');
      assert.equal(media.legs(), 0);
      assert.deepEqual(switchboard.calls(), []);
      assert.deepEqual(events(), []);
      await switchboard.close('shutdown');
    }
  });

  it('hangs up and fails when the answer cannot be used', async () => {
    const { switchboard, provider, media, deliver, place, ended, events } = bench();
    media.onCreate = async (leg) => {
      leg.onAnswer = () => Promise.reject(new MediaError('media_sdp_invalid', 'No fingerprint.', 'Report it.'));
    };
    await place();
    await deliver(event('call.connect', 'wacid.1'));
    await until('terminate', () => provider.terminated.length === 1);
    await deliver(event('call.terminated', 'wacid.1'));
    await until('ended', () => ended().length > 0);
    assert.equal(ended()[0]?.call.outcome, 'failed');
    assert.equal(ended()[0]?.call.errors?.[0]?.code, 'media_sdp_invalid');
    assert.ok(events().includes('warning'));
    await switchboard.close('shutdown');
  });

  it('warns and then fails when there is no audio after pick-up', async () => {
    const { switchboard, provider, deliver, place, ended, events } = bench();
    await place();
    await deliver(event('call.connect', 'wacid.1'), event('call.accepted', 'wacid.1'));
    await until('warning', () => events().includes('warning'));
    assert.deepEqual(provider.terminated, []);
    await until('terminate', () => provider.terminated.length === 1);
    await deliver(talked('wacid.1', 1));
    await until('ended', () => ended().length > 0);
    assert.equal(ended()[0]?.call.outcome, 'failed');
    assert.notEqual(ended()[0]?.call.answeredAt, undefined);
    assert.ok(!events().includes('answered'));
    await switchboard.close('shutdown');
  });

  it('hangs up when the audio is lost in the middle, by the leg or with the worker', async () => {
    for (const how of ['failed', 'closed', 'crash'] as const) {
      const { switchboard, provider, media, deliver, place, ended } = bench();
      await place();
      media.made[0]?.become('connected');
      await deliver(event('call.connect', 'wacid.1'), event('call.accepted', 'wacid.1'));
      if (how === 'crash') media.crash();
      else media.made[0]?.become(how);
      assert.deepEqual(provider.terminated, ['wacid.1']);
      await deliver(talked('wacid.1'));
      await until('ended', () => ended().length > 0);
      assert.equal(ended()[0]?.call.outcome, 'completed');
      assert.equal(ended()[0]?.call.endedBy, 'network');
      await switchboard.close('shutdown');
    }
  });

  it('ends a call that rings too long as no answer, and one that lasts too long as completed', async () => {
    const ringing = bench();
    await ringing.place({ ringSeconds: 0.02 });
    await until('terminate', () => ringing.provider.terminated.length === 1);
    assert.equal(ringing.ledger.endings[0]?.as, 'no_answer', 'the ledger knows before the webhook comes');
    await ringing.deliver(event('call.terminated', 'wacid.1'));
    await until('ended', () => ringing.ended().length > 0);
    assert.equal(ringing.ended()[0]?.call.outcome, 'no_answer');
    assert.equal(ringing.ended()[0]?.call.endedBy, 'us');
    await ringing.switchboard.close('shutdown');

    const talking = bench();
    await talking.place({ maxSeconds: 0.02 });
    await sleep(40);
    assert.deepEqual(talking.provider.terminated, [], 'the time counts from pick-up');
    talking.media.made[0]?.become('connected');
    await talking.deliver(event('call.accepted', 'wacid.1'));
    await until('terminate', () => talking.provider.terminated.length === 1);
    await talking.deliver(talked('wacid.1', 1));
    await until('ended', () => talking.ended().length > 0);
    assert.equal(talking.ended()[0]?.call.outcome, 'completed');
    await talking.switchboard.close('shutdown');
  });

  it('needs no leg with a provider that terminates media itself', async () => {
    const { switchboard, provider, media, deliver, place, events } = bench();
    provider.capabilities = { ...provider.capabilities, media: 'none' };
    const { call } = await place();
    assert.deepEqual(provider.placed, [{ contact: ANA, correlationId: call.id }]);
    assert.deepEqual(media.made, []);
    await deliver(event('call.accepted', 'wacid.1'));
    assert.deepEqual(events(), ['placed', 'accepted', 'answered']);
    assert.throws(() => switchboard.leg(call.id), { code: 'call_failed' });
    await switchboard.close('shutdown');
  });

  it('refuses senseless input before it reserves anything', async () => {
    const { switchboard, ledger, provider } = bench();
    const input = { contact: ANA, purpose: 'p', ringSeconds: 30, maxSeconds: 0, origin: { nodeId: 'n' } };
    for (const wrong of [{ ringSeconds: 0 }, { ringSeconds: Number.NaN }, { maxSeconds: -1 }])
      await assert.rejects(switchboard.place({ ...input, ...wrong }), CallError);
    provider.capabilities = { ...provider.capabilities, placeCall: false };
    await assert.rejects(switchboard.place(input), CallError);
    assert.equal(ledger.calls.size, 0);
    await switchboard.close('shutdown');
    await assert.rejects(switchboard.place(input), CallError);
  });

  it('writes the result down in the end when the store is locked for a moment', async () => {
    const { switchboard, provider, ledger, place } = bench();
    provider.onPlace = async () => {
      ledger.down = true;
      setTimeout(() => {
        ledger.down = false;
      }, 80);
      return { callId: 'wacid.1' };
    };
    await place();
    assert.equal(ledger.settled[0]?.settlement.state, 'consumed');
    await switchboard.close('shutdown');
  });
});
