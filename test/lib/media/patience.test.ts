import { strict as assert } from 'node:assert';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMediaEngine } from '../../../lib/media/engine.ts';
import type { LegOptions, MediaEngine } from '../../../lib/media/media.ts';
import { toInt16 } from '../../../lib/media/resample.ts';
import { wavHeader } from '../../../lib/media/wav-writer.ts';
import { ENGINES } from './engines.ts';
import { answerAsMeta, reaches } from './fake-meta.ts';
import { type FarBrowser, openFarBrowser } from './far-browser.ts';
import { chirp } from './signal.ts';

const LOOPBACK = { bindAddress: '127.0.0.1' };
/** Without an answer to our checks for so long, nothing may be sent any more (RFC 7675 §5.1). */
const CONSENT_S = 30;
/** Checks go every 4 to 6 s (RFC 7675 §5.1), so the last answer may be that old when the far side goes. */
const CHECK_S = 6;

/** What takes half a minute of waiting and hardly any work. All of it waits at the same time. */
describe('half a minute of', function () {
  this.timeout(120_000);
  // A starved machine loses checks that were answered.
  this.retries(1);
  let engine: MediaEngine;
  let folder: string;
  let microphone: string;
  const browsers: FarBrowser[] = [];

  before(async () => {
    engine = createMediaEngine();
    folder = await mkdtemp(join(tmpdir(), 'patience-'));
    microphone = join(folder, 'microphone.wav');
    const pcm = toInt16(chirp(1, 48_000, 1800, 500));
    await writeFile(microphone, Buffer.concat([wavHeader(48_000, 1, pcm.byteLength), Buffer.from(pcm.buffer)]));
  });
  after(async () => {
    await Promise.all(browsers.map((browser) => browser.close()));
    await engine?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('consent: kept with a browser that is there, lost with one that is gone; and of a peer that never answers', async () => {
    const outcomes = await Promise.allSettled([
      kept(),
      gone(),
      ...ENGINES.map(({ name, options }) => unreachable(name, options)),
    ]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  });

  async function withBrowser(id: string): Promise<{ browser: FarBrowser; leg: Awaited<ReturnType<typeof open>> }> {
    const browser = await openFarBrowser(microphone);
    browsers.push(browser);
    const leg = await open(id, LOOPBACK);
    await leg.applyAnswer(await browser.answer(await leg.createOffer()));
    await reaches(leg, 'connected');
    leg.accepted();
    return { browser, leg };
  }
  const open = (id: string, options: LegOptions) => engine.createLeg(`${id}-${Math.random()}`, options);

  /** Longer than any consent lasts that is not renewed, sound still goes both ways. */
  async function kept(): Promise<void> {
    const { browser, leg } = await withBrowser('kept');
    await sleep((CONSENT_S + CHECK_S + 1) * 1000);
    assert.equal(leg.state(), 'connected');
    const [ours, theirs] = [await leg.statistics(), await browser.statistics()];
    await sleep(1000);
    const [oursLater, theirsLater] = [await leg.statistics(), await browser.statistics()];
    assert.ok(oursLater.packetsReceived - ours.packetsReceived > 20, 'the person is heard');
    assert.ok(theirsLater.packetsReceived - theirs.packetsReceived > 20, 'and we are');
    await leg.close();
  }

  /** The browser dies without a word: first silence is told, then the leg fails and says why. */
  async function gone(): Promise<void> {
    const { browser, leg } = await withBrowser('gone');
    const told: string[] = [];
    const silent = new Promise<{ seconds: number; reports: boolean }>((resolve) => leg.on('silence', resolve));
    leg.on('finding', ({ id, level }) => told.push(`${level} ${id}`));
    await new Promise<void>((resolve) => leg.on('media', resolve));
    await browser.die();
    const from = performance.now();
    const { reports } = await silent;
    assert.equal(reports, false);
    await reaches(leg, 'failed');
    const seconds = (performance.now() - from) / 1000;
    // Not earlier than RFC 7675 allows; later only by one check, its repetitions and the machine's own delays.
    assert.ok(seconds > CONSENT_S - CHECK_S - 1 && seconds < CONSENT_S + CHECK_S + 10, `${seconds} s`);
    assert.equal(told.at(-1), 'fatal ice_consent_lost');
    console.log(`      gone after ${seconds.toFixed(1)} s`);
    await leg.close();
  }

  /** Nobody is at the address of the answer. */
  async function unreachable(name: string, options: LegOptions): Promise<void> {
    const leg = await open(`dead-${name}`, options);
    const told: string[] = [];
    leg.on('finding', ({ id, level }) => told.push(`${level} ${id}`));
    const meta = await answerAsMeta(await leg.createOffer(), 'active');
    await meta.close();
    await leg.applyAnswer(meta.answer);
    const from = performance.now();
    await reaches(leg, 'failed');
    const seconds = (performance.now() - from) / 1000;
    assert.ok(seconds < 45, `${name}: ${seconds} s`);
    assert.equal(told.at(-1), 'fatal ice_no_pair', name);
    await leg.close();
    assert.equal(leg.state(), 'closed');
  }
});
