import { strict as assert } from 'node:assert';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMediaEngine } from '../../../lib/media/engine.ts';
import type { MediaEngine } from '../../../lib/media/media.ts';
import { toInt16 } from '../../../lib/media/resample.ts';
import { readWav } from '../../../lib/media/wav-reader.ts';
import { wavHeader } from '../../../lib/media/wav-writer.ts';
import { ENGINES } from './engines.ts';
import { reaches } from './fake-meta.ts';
import { type FarBrowser, openFarBrowser } from './far-browser.ts';
import { chirp, find } from './signal.ts';

function monoWav(sound: Float32Array, rate: number): Buffer {
  const pcm = toInt16(sound);
  return Buffer.concat([wavHeader(rate, 1, pcm.byteLength), Buffer.from(pcm.buffer)]);
}

for (const { name, options } of ENGINES)
  describe(`Chromium as the far end, ${name}`, function () {
    this.timeout(60_000);
    // A browser that gets no processor time for a moment fills the gap with sound of its own, which says nothing about ours.
    this.retries(2);
    let engine: MediaEngine;
    let folder: string;
    let browser: FarBrowser;
    /** The microphone: half a second of sweep, half a second of silence, again and again. */
    const spoken = chirp(0.5, 48_000, 1800, 500);

    beforeEach(async () => {
      engine = createMediaEngine();
      folder = await mkdtemp(join(tmpdir(), 'chromium-'));
      const microphone = join(folder, 'microphone.wav');
      const loop = new Float32Array(48_000);
      loop.set(spoken);
      await writeFile(microphone, monoWav(loop, 48_000));
      browser = await openFarBrowser(microphone);
    });
    afterEach(async () => {
      await browser?.close();
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    });

    for (const [role, setup] of [
      ['server', 'actpass'],
      ['client', 'active'],
    ] as const)
      it(`connects with us as DTLS ${role}, sound goes both ways, the prompt's first 200 ms arrive`, async () => {
        const leg = await engine.createLeg(role, options);
        const digits: string[] = [];
        leg.on('digit', ({ digit }) => digits.push(digit));
        const answer = await browser.answer((await leg.createOffer()).replace('a=setup:actpass', `a=setup:${setup}`));
        assert.match(answer, role === 'server' ? /a=setup:active/ : /a=setup:passive/);
        await leg.applyAnswer(answer);
        await reaches(leg, 'connected');
        const recording = leg.record({ root: folder, name: 'call.wav' });
        const prompt = chirp(2, 22_050, 400, 3000);
        const play = leg.play({ source: { wav: monoWav(prompt, 22_050) } });
        await sleep(700);
        leg.accepted();
        assert.deepEqual(await play.done, { result: 'whole', playedSeconds: 2 });
        await browser.press('7#');
        await sleep(1500);

        const heard = await browser.heard();
        const known = chirp(2, 16_000, 400, 3000);
        const beginning = find(known.subarray(0, 3200), heard, 0, Math.min(heard.length, 48_000));
        assert.ok(beginning.alike > 0.6, `beginning: ${beginning.alike}`);
        // In pieces of 50 ms, each near where the last one was, because a browser stretches sound to steer its buffer.
        const likeness: number[] = [];
        for (let piece = 0, at = beginning.at; piece < 40; piece += 1) {
          const found = find(known.subarray(piece * 800, piece * 800 + 800), heard, Math.max(0, at - 400), at + 1200);
          likeness.push(found.alike);
          at = found.at + 800;
        }
        const text = likeness.map((alike) => alike.toFixed(2)).join(' ');
        assert.ok(Math.min(...likeness.slice(0, 4)) > 0.8, `first 200 ms: ${text}`);
        assert.ok(likeness.filter((alike) => alike > 0.8).length >= 36, `pieces: ${text}`);

        const statistics = await leg.statistics();
        assert.equal(statistics.dtlsRole, role);
        assert.equal(statistics.packetsLost, 0);
        assert.ok(statistics.packetsReceived > 150);
        const theirs = await browser.statistics();
        assert.equal(theirs.packetsLost, 0);
        assert.ok(theirs.packetsReceived > 150);
        assert.ok(theirs.reportsReceived >= 1, 'our sender reports arrive');
        assert.deepEqual(digits, ['7', '#']);

        await leg.close();
        const { file } = await recording.done;
        const [left, right] = readWav(await readFile(file)).samples as [Float32Array, Float32Array];
        const person = find(chirp(0.5, 16_000, 1800, 500).subarray(0, 3200), left, 0, 24_000);
        assert.ok(person.alike > 0.85, `microphone in the left channel: ${person.alike}`);
        assert.ok(find(known.subarray(0, 3200), right, 0, 16_000).alike > 0.97, 'prompt in the right channel');
      });
  });
