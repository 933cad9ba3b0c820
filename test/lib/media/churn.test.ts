import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMediaEngine, sharedMediaEngine } from '../../../lib/media/engine.ts';
import type { MediaEngine } from '../../../lib/media/media.ts';
import type { MediaHost } from '../../../lib/media/media-host.ts';
import { brieflyCall, churn, type Holdings, holdings, STAGES } from './churn.ts';
import { ENGINES } from './engines.ts';

const LOOPBACK = { bindAddress: '127.0.0.1' };

/** Per engine. All 1,000 are made by `bench/churn.ts`. */
const CALLS = 64;
const DEATHS = 4;

/** What is held once everything that is closing has closed; at most 20 s later: the native library closes its sockets when it finds the time. */
async function settled(range: [number, number], goal?: Holdings): Promise<Holdings> {
  for (let tries = 0; ; tries += 1) {
    const now = await holdings(range);
    const done = goal ? Object.entries(goal).every(([what, count]) => now[what as keyof Holdings] <= count) : false;
    if (done || tries === (goal ? 200 : 10)) return now;
    await sleep(100);
  }
}

describe('many legs', function () {
  this.timeout(120_000);
  let engine: MediaEngine;
  beforeEach(() => {
    engine = createMediaEngine();
  });
  afterEach(() => engine.close());

  for (const { name, options, native } of ENGINES)
    it(`leave nothing behind, cut off at whatever stage: sockets, ports, timers, files (${name})`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'churn-'));
      const range: [number, number] = native ? [47_400, 47_499] : [47_500, 47_599];
      const leg = { ...options, portRange: range };
      const run = (from: number, calls: number) =>
        churn(calls, 8, (index, stage) =>
          brieflyCall(engine, `${from + index}`, stage, leg, folder, index % 2 ? 'active' : 'passive'),
        );
      // The first calls load what stays: libraries, the codec, the native process.
      await run(0, 8);
      const before = await settled(range);
      await run(8, CALLS);
      const after = await settled(range, before);
      assert.equal(engine.legs(), 0);
      assert.equal(after.ports, 0);
      assert.deepEqual(
        { sockets: after.udpSockets, timers: after.timers, descriptors: after.descriptors },
        { sockets: before.udpSockets, timers: before.timers, descriptors: before.descriptors },
      );
      for (const name of await readdir(folder)) assert.match(name, /^\d+\.wav$/, 'no recording is unfinished');
      await rm(folder, { recursive: true });
    });

  for (const { name, options } of ENGINES)
    it(`end cleanly when their worker is killed at random moments, and a new one takes the next (${name})`, async () => {
      const hosts: MediaHost[] = [];
      await engine.close();
      engine = createMediaEngine({ onWorker: (host) => hosts.push(host) });
      const folder = await mkdtemp(join(tmpdir(), 'churn-'));
      for (let round = 0; round < DEATHS; round += 1) {
        let crashed = 0;
        const off = engine.onCrash(() => {
          crashed += 1;
        });
        const calls = Promise.allSettled(
          STAGES.map((stage) => brieflyCall(engine, `${round}-${stage}`, stage, options, folder, 'passive')),
        );
        await sleep(Math.random() * 400);
        const host = hosts.at(-1);
        await host?.terminate();
        for (const outcome of await calls)
          if (outcome.status === 'rejected')
            assert.match(String(outcome.reason.code), /^media_(worker_died|not_connected)$/);
        off();
        assert.ok(crashed <= 1);
        assert.equal(engine.legs(), 0);
        const next = await engine.createLeg(`${round}-next`, options);
        assert.match(await next.createOffer(), /^v=0/);
        assert.notEqual(hosts.at(-1), host);
        await next.close();
      }
      await rm(folder, { recursive: true });
    });

  it('refuses a second leg of the same id, and answers nothing after the end', async () => {
    const leg = await engine.createLeg('one', LOOPBACK);
    await assert.rejects(engine.createLeg('one', LOOPBACK), { code: 'media_not_connected' });
    await leg.close();
    await leg.close();
    await assert.rejects(leg.createOffer(), { code: 'media_not_connected' });
    const again = await engine.createLeg('one', LOOPBACK);
    const [first, second] = await Promise.allSettled([again.applyAnswer('nonsense'), again.statistics()]);
    assert.equal((first as PromiseRejectedResult).reason.code, 'media_sdp_invalid');
    assert.equal(second.status, 'fulfilled');
  });

  it('share one engine per process', () => {
    assert.equal(sharedMediaEngine(), sharedMediaEngine());
  });

  it('let the process end by itself once they are closed, though the engine stays', async () => {
    const script = `
      const { sharedMediaEngine } = await import('./lib/media/engine.ts');
      const leg = await sharedMediaEngine().createLeg('x', { bindAddress: '127.0.0.1' });
      await leg.createOffer();
      await leg.close();
      console.log('closed');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
    assert.equal(output, 'closed\n');
  });
});
