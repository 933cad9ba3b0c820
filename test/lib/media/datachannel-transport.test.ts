import { strict as assert } from 'node:assert';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { DatachannelTransport, loadDatachannel } from '../../../lib/media/datachannel-transport.ts';
import { createMediaEngine } from '../../../lib/media/engine.ts';
import { freePort } from '../../../lib/media/free-port.ts';
import type { MediaEngineName } from '../../../lib/media/media.ts';
import { answerAsMeta, reaches } from './fake-meta.ts';

const NATIVE = { bindAddress: '127.0.0.1', engine: 'node-datachannel' as const };
const QUIET = { packet: () => undefined, rtcp: () => undefined, state: () => undefined };

describe('native media engine', () => {
  it('says how to install it when it is missing, and why it cannot be loaded when it is broken', async () => {
    const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
    await assert.rejects(
      loadDatachannel(() => Promise.reject(missing)),
      (error: Error & { code?: string; nextStep?: string }) =>
        error.code === 'media_engine_missing' &&
        /is not installed/.test(error.message) &&
        /npm install node-datachannel/.test(error.nextStep ?? ''),
    );
    await assert.rejects(
      loadDatachannel(() => Promise.reject(new Error('wrong ELF class\nstack'))),
      { code: 'media_engine_missing', message: /cannot be loaded: wrong ELF class\.$/ },
    );
  });

  it('refuses an engine that does not exist, and a second leg of the same id on the other engine', async () => {
    const engine = createMediaEngine();
    await assert.rejects(engine.createLeg('x', { ...NATIVE, engine: 'other' as MediaEngineName }), {
      code: 'media_engine_missing',
    });
    const leg = await engine.createLeg('x', { bindAddress: '127.0.0.1' });
    await assert.rejects(engine.createLeg('x', NATIVE), { code: 'media_not_connected' });
    await leg.close();
    await engine.close();
  });

  it('refuses servers that the library would misread', async () => {
    for (const urls of ['stuns:stun.invalid', 'http://stun.invalid', 'turn:', 'turn:host:port'])
      await assert.rejects(DatachannelTransport.create({ ...NATIVE, iceServers: [{ urls }] }, QUIET), {
        code: 'media_address_refused',
      });
  });

  it('finds the lowest port that is free', async () => {
    const taken = createSocket('udp4').bind(47_321, '127.0.0.1');
    await once(taken, 'listening');
    assert.equal(await freePort([47_321, 47_323], '127.0.0.1'), 47_322);
    assert.equal(await freePort([47_321, 47_321], '127.0.0.1'), undefined);
    taken.close();
  });

  it('is a process of its own whose sudden end is the end of its calls alone', async () => {
    const ended: Promise<unknown>[] = [];
    const hosts: { terminate(): Promise<unknown> }[] = [];
    const engine = createMediaEngine({ onWorker: (host) => hosts.push(host) });
    const other = await engine.createLeg('javascript', { bindAddress: '127.0.0.1' });
    const [thread] = hosts.splice(0);
    const leg = await engine.createLeg('native', NATIVE);
    const meta = await answerAsMeta(await leg.createOffer(), 'passive');
    await leg.applyAnswer(meta.answer);
    await reaches(leg, 'connected');
    const playing = leg.bridge({}).done;
    ended.push(playing.catch((error: unknown) => error));
    const crashes: Error[] = [];
    engine.onCrash((error) => crashes.push(error));
    const closed = reaches(leg, 'closed');
    await hosts[0]?.terminate();
    await closed;
    assert.equal(((await ended[0]) as { code?: string }).code, 'media_worker_died');
    assert.equal(crashes.length, 1);
    assert.equal(other.state(), 'new');
    assert.match(await other.createOffer(), /^v=0/);
    const next = await engine.createLeg('native', NATIVE);
    assert.match(await next.createOffer(), /^v=0/);
    assert.equal(hosts.length, 2);
    assert.ok(thread && !hosts.includes(thread));
    await engine.close();
    await meta.close();
  });

  it('closes at every stage without a word', async () => {
    const transport = await DatachannelTransport.create(NATIVE, QUIET);
    await transport.close();
    await assert.rejects(transport.gather('controlling'), { code: 'media_not_connected' });
    assert.deepEqual(transport.describe().candidatePair, undefined);
    transport.send(111, 1, 1, 1, false, Buffer.from([1]));
    transport.sendRtcp([]);
    assert.equal(transport.facts().uncounted, true);
  });
});
