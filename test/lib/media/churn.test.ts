import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createMediaEngine, sharedMediaEngine } from '../../../lib/media/engine.ts';
import type { MediaEngine } from '../../../lib/media/media.ts';
import { answerAsMeta, reaches } from './fake-meta.ts';

const LOOPBACK = { bindAddress: '127.0.0.1' };

/** UDP sockets that this process holds, by what the kernel says. */
async function udpSockets(): Promise<number> {
  const table = `${await readFile('/proc/self/net/udp', 'utf8')}${await readFile('/proc/self/net/udp6', 'utf8')}`;
  const inodes = new Set<string | undefined>(table.split('\n').map((line) => line.trim().split(/\s+/)[9]));
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  inodes.delete(undefined);
  return links.filter((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1])).length;
}

describe('many legs', function () {
  this.timeout(120_000);
  let engine: MediaEngine;
  beforeEach(() => {
    engine = createMediaEngine();
  });
  afterEach(() => engine.close());

  it('leave no socket and no leg behind, whatever stage they were closed at', async () => {
    const before = await udpSockets();
    for (let round = 0; round < 10; round += 1)
      await Promise.all(
        [0, 1, 2, 3, 4].map(async (stage) => {
          const leg = await engine.createLeg(`${round}-${stage}`, LOOPBACK);
          if (stage === 0) return leg.close();
          const offering = leg.createOffer();
          if (stage === 1) {
            await leg.close();
            await offering.catch(() => undefined);
            return;
          }
          const meta = await answerAsMeta(await offering, round % 2 ? 'active' : 'passive');
          if (stage > 2) {
            await leg.applyAnswer(meta.answer);
            leg.accepted();
            leg.bridge({});
          }
          if (stage > 3) {
            await reaches(leg, 'connected');
            leg.bridge({});
          }
          await leg.close();
          await meta.close();
          assert.equal(leg.state(), 'closed');
        }),
      );
    assert.equal(engine.legs(), 0);
    assert.equal(await udpSockets(), before);
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
