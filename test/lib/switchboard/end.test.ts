import { strict as assert } from 'node:assert';
import type { ProviderEvent } from '../../../lib/provider/event.ts';
import { ANA, BOB, bench, event, NUMBER, sleep, talked, until } from './bench.ts';
import { badToken, timeout } from './fake-provider.ts';

describe('lib/switchboard/end', () => {
  it('tries again until the provider confirms, then waits for the webhook', async () => {
    const { switchboard, provider, deliver, place, ended, ledger, log } = bench({ webhookWaitMs: 60_000 });
    provider.onTerminate = () => (provider.terminated.length <= 3 ? Promise.reject(timeout()) : Promise.resolve());
    const { call } = await place();
    await deliver(event('call.accepted', 'wacid.1'));
    const ending = switchboard.terminate(call.id, 'flow');
    await until('confirmed', () => provider.terminated.length === 4);
    assert.deepEqual(ended(), []);
    await deliver(talked('wacid.1'));
    const view = await ending;
    assert.equal(view.outcome, 'completed');
    assert.equal(view.endedBy, 'us');
    assert.equal(view.durationSeconds, 61);
    assert.equal(ended().length, 1);
    assert.deepEqual(ledger.finished, [], 'the webhook told the ledger');
    assert.equal(log.filter((line) => line.startsWith('warn')).length, 3);
    assert.deepEqual(await switchboard.terminate(call.id, 'flow'), view, 'ending an ended call is harmless');
    assert.equal(provider.terminated.length, 4);
    await assert.rejects(switchboard.terminate('nobody', 'flow'), { code: 'call_unknown' });
    await switchboard.close('shutdown');
  });

  it('finishes by itself when the terminate webhook stays away', async () => {
    const { switchboard, place, ended, ledger } = bench();
    const { call } = await place();
    const view = await switchboard.terminate('wacid.1', 'flow');
    assert.equal(view.outcome, 'cancelled');
    assert.deepEqual(ledger.endings, [{ id: call.id, as: 'cancelled' }]);
    assert.deepEqual(ledger.finished, [{ id: call.id, outcome: 'cancelled' }]);
    assert.equal(ended().length, 1);
    await switchboard.close('shutdown');
  });

  it('stops trying when the terminate webhook comes', async () => {
    const { switchboard, provider, deliver, place, ended } = bench({
      terminatePauseMs: 30,
      terminatePauseMaxMs: 30,
    });
    provider.onTerminate = () => Promise.reject(timeout());
    const { call } = await place();
    const ending = switchboard.terminate(call.id, 'flow');
    await until('first try', () => provider.terminated.length === 1);
    await deliver(talked('wacid.1'));
    assert.equal((await ending).outcome, 'completed');
    await sleep(50);
    assert.equal(provider.terminated.length, 1);
    assert.equal(ended().length, 1);
    await switchboard.close('shutdown');
  });

  it('gives up after a bounded number of tries and says so', async () => {
    for (const [error, tries] of [
      [timeout(), 8],
      [badToken(), 3],
    ] as const) {
      const { switchboard, provider, place, ended, ledger, log, deliver } = bench();
      provider.onTerminate = () => Promise.reject(error);
      const { call } = await place();
      await deliver(event('call.accepted', 'wacid.1'));
      const view = await switchboard.terminate(call.id, 'flow');
      assert.equal(provider.terminated.length, tries);
      assert.equal(view.errors?.[0]?.code, 'terminate_unconfirmed');
      assert.equal(ledger.finished[0]?.errorCode, 'terminate_unconfirmed');
      assert.equal(ended().length, 1);
      assert.ok(log.some((line) => line.startsWith('error') && line.includes('may still be running')));
      await switchboard.close('shutdown');
    }
  });

  it('waits for recordings before ended, but not for ever', async () => {
    const slow = bench({ legCloseMs: 10_000 });
    const written = Promise.withResolvers<void>();
    slow.media.onCreate = async (leg) => {
      leg.onClose = () => written.promise;
    };
    await slow.place();
    await slow.deliver(talked('wacid.1'));
    await sleep(30);
    assert.deepEqual(slow.ended(), []);
    written.resolve();
    await until('ended', () => slow.ended().length === 1);
    await slow.switchboard.close('shutdown');

    const stuck = bench({ legCloseMs: 20 });
    stuck.media.onCreate = async (leg) => {
      leg.onClose = () => new Promise(() => {});
    };
    await stuck.place();
    await stuck.deliver(talked('wacid.1'));
    await until('ended', () => stuck.ended().length === 1);
    assert.ok(stuck.log.some((line) => line.includes('incomplete')));
    await stuck.switchboard.close('shutdown');
  });

  it('ends a call whose request is still on its way', async () => {
    const { switchboard, provider, place, ended } = bench();
    const reply = Promise.withResolvers<{ callId: string }>();
    provider.onPlace = () => reply.promise;
    const placing = place();
    await until('request sent', () => provider.placed.length === 1);
    const [live] = switchboard.calls();
    const ending = switchboard.terminate(live?.id ?? '', 'flow');
    await sleep(10);
    assert.deepEqual(provider.terminated, []);
    reply.resolve({ callId: 'wacid.1' });
    await placing;
    assert.deepEqual(provider.terminated, ['wacid.1']);
    assert.equal((await ending).outcome, 'cancelled');
    assert.equal(ended().length, 1);
    await switchboard.close('shutdown');
  });

  it('keeps the order of events when a listener hangs up inside answered, and survives listeners that throw', async () => {
    const { switchboard, media, deliver, place, events, ended, log } = bench();
    const seen: string[] = [];
    switchboard.onCall(() => {
      throw new Error('listener is broken');
    });
    switchboard.onCall((async () => {
      throw new Error('async listener is broken');
    }) as () => void);
    switchboard.onCall((change) => {
      seen.push(change.event);
      if (change.event === 'answered') switchboard.terminate(change.call.id, 'flow').catch(() => {});
    });
    await place();
    media.made[0]?.become('connected');
    await deliver(event('call.accepted', 'wacid.1'));
    await until('ended', () => ended().length > 0);
    assert.deepEqual(seen, events());
    assert.deepEqual(seen, ['placed', 'accepted', 'answered', 'ended']);
    assert.ok(log.some((line) => line.includes('listener is broken')));
    assert.ok(log.some((line) => line.includes('async listener is broken')));
    await switchboard.close('shutdown');
  });

  it('ends all calls when it closes, and takes no new ones', async () => {
    const { switchboard, provider, media, place, ended } = bench();
    await place();
    await place({ contact: BOB });
    await switchboard.close('config_removed');
    assert.deepEqual(provider.terminated.sort(), ['wacid.1', 'wacid.2']);
    assert.equal(ended().length, 2);
    assert.equal(media.legs(), 0);
    await assert.rejects(place(), { code: 'call_failed' });
    await switchboard.close('shutdown');
  });

  it('does not wait long for webhooks while it closes', async () => {
    const { switchboard, place, ended, ledger } = bench({ webhookWaitMs: 60_000 });
    await place();
    await switchboard.close('shutdown', 30_000);
    assert.equal(ended().length, 1);
    assert.equal(ledger.finished[0]?.outcome, 'cancelled');
  });

  it('takes a confirmed end for the end when the grace is over before the webhook comes', async () => {
    const { switchboard, place, ended, ledger } = bench({ closingWebhookWaitMs: 60_000 });
    await place();
    await switchboard.close('shutdown', 20);
    assert.equal(ended()[0]?.call.outcome, 'cancelled');
    assert.equal(ledger.finished.length, 1);
    assert.deepEqual(await ledger.liveCalls(), []);
  });

  it('leaves to the next start what is not confirmed within the grace', async () => {
    const first = bench({ terminatePauseMs: 60_000, terminatePauseMaxMs: 60_000 });
    first.provider.onTerminate = () => Promise.reject(timeout());
    const { call } = await first.place();
    await first.switchboard.close('shutdown', 20);
    assert.deepEqual(first.ended(), [], 'nobody knows that it ended');
    assert.equal((await first.ledger.liveCalls()).length, 1);
    assert.equal(first.media.legs(), 0);

    const second = bench({}, first.ledger);
    await second.switchboard.start();
    await until('ended', () => second.ended().length === 1);
    assert.deepEqual(second.provider.terminated, ['wacid.1']);
    assert.equal(second.ended()[0]?.call.id, call.id);
    assert.equal((await first.ledger.liveCalls()).length, 0);
    await second.switchboard.close('shutdown');
  });

  it('leaves to the next start what webhooks bring while everything stops', async () => {
    const first = bench({ closingWebhookWaitMs: 60_000 });
    const { call } = await first.place();
    const closing = first.switchboard.close('shutdown', 30_000);
    await until('terminated', () => first.provider.terminated.length === 1);
    const reply: ProviderEvent = {
      type: 'permission.replied',
      id: 'reply-1',
      at: Date.now(),
      businessNumberId: NUMBER.id,
      contact: BOB,
      response: 'reject',
      permanent: false,
      source: 'user_action',
    };
    await first.deliver(reply, event('call.accepted', 'wacid.1'), talked('wacid.1'));
    await closing;
    assert.deepEqual(first.ended(), [], 'the nodes are going: nobody would hear it');
    assert.deepEqual(first.permissions, []);
    assert.deepEqual(await first.ledger.liveCalls(), []);

    const second = bench({}, first.ledger);
    await second.switchboard.start();
    await until('told', () => second.ended().length === 1 && second.permissions.length === 1);
    assert.equal(second.ended()[0]?.call.id, call.id);
    assert.equal(second.ended()[0]?.call.outcome, 'completed');
    assert.equal(second.permissions[0]?.change, 'denied');
    assert.deepEqual(second.provider.terminated, []);
    await until('handed out', () => first.ledger.handedOut.length === 3);
    await second.switchboard.close('shutdown');
  });

  it('does not lose a request that was under way when it closed', async () => {
    const { switchboard, provider, place, ledger } = bench();
    const reply = Promise.withResolvers<{ callId: string }>();
    provider.onPlace = () => reply.promise;
    const placing = place();
    await until('request sent', () => provider.placed.length === 1);
    await switchboard.close('config_removed', 10);
    reply.resolve({ callId: 'wacid.1' });
    await placing;
    await until('terminated', () => provider.terminated.length === 1);
    await until('finished', () => ledger.finished.length === 1);
  });

  it('does not send a call whose audio was being prepared when it closed', async () => {
    const { switchboard, provider, media, ledger } = bench();
    const ready = Promise.withResolvers<void>();
    media.onCreate = () => ready.promise;
    const input = { contact: ANA, purpose: 'p', ringSeconds: 30, maxSeconds: 0, origin: { nodeId: 'n' } };
    const refusal = assert.rejects(switchboard.place(input), { code: 'call_failed' });
    await until('reserved', () => ledger.calls.size === 1);
    await switchboard.close('shutdown', 10);
    ready.resolve();
    await refusal;
    assert.deepEqual(provider.placed, []);
    assert.equal(ledger.settled[0]?.settlement.state, 'released');
    assert.equal(media.legs(), 0);
  });
});
