import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMediaEngine } from '../../../lib/media/engine.ts';
import { createOpusDecoder, createOpusEncoder } from '../../../lib/media/opus.ts';
import { toInt16 } from '../../../lib/media/resample.ts';
import { readWav } from '../../../lib/media/wav-reader.ts';
import { wavHeader } from '../../../lib/media/wav-writer.ts';
import { freeRtpPort } from '../../free-rtp-port.ts';
import { answerAsMeta, reaches } from './fake-meta.ts';
import { chirp, find } from './signal.ts';

describe('ffmpeg as the far side of a bridge', function () {
  this.timeout(60_000);
  it('receives every packet of the person and is heard by the person, nothing lost either way', async () => {
    const engine = createMediaEngine();
    const folder = await mkdtemp(join(tmpdir(), 'ffmpeg-'));
    const running: ChildProcess[] = [];
    try {
      const leg = await engine.createLeg('bridged', { bindAddress: '127.0.0.1' });
      const meta = await answerAsMeta(await leg.createOffer(), 'active');
      await leg.applyAnswer(meta.answer);
      await reaches(leg, 'connected');
      await meta.connected;
      leg.accepted();
      const port = await freeRtpPort();
      const bridge = leg.bridge({ remote: { address: '127.0.0.1', port } });
      const info = await bridge.started;

      // ffmpeg listens by the SDP that the bridge made for it.
      await writeFile(join(folder, 'far.sdp'), info.receiverSdp ?? '');
      const heardFile = join(folder, 'heard.wav');
      const listener = spawn('ffmpeg', [
        ...['-v', 'error', '-protocol_whitelist', 'file,udp,rtp', '-i', join(folder, 'far.sdp')],
        ...['-t', '3', '-c:a', 'pcm_s16le', '-ar', '16000', '-ac', '1', '-y', heardFile],
      ]);
      running.push(listener);
      const listened = once(listener, 'exit');

      // And another speaks: two seconds of a sweep, as Opus.
      const spoken = chirp(2, 48_000, 500, 2500);
      const spokenFile = join(folder, 'spoken.wav');
      const pcm = toInt16(spoken);
      await writeFile(spokenFile, Buffer.concat([wavHeader(48_000, 1, pcm.byteLength), Buffer.from(pcm.buffer)]));
      await sleep(500);
      meta.packets.length = 0;
      const speaker = spawn('ffmpeg', [
        ...[
          '-v',
          'error',
          '-re',
          '-i',
          spokenFile,
          '-ac',
          '1',
          '-c:a',
          'libopus',
          '-b:a',
          '32k',
          '-application',
          'voip',
        ],
        ...[
          '-frame_duration',
          '20',
          '-payload_type',
          '111',
          '-f',
          'rtp',
          `rtp://127.0.0.1:${info.local.port}?pkt_size=1200`,
        ],
      ]);
      running.push(speaker);
      const spoke = once(speaker, 'exit');

      // The person speaks for four seconds meanwhile, so that ffmpeg has its three however late it began.
      const person = chirp(4, 16_000, 2500, 500);
      const encoder = await createOpusEncoder({ sampleRate: 16_000, channels: 1 });
      const samples = toInt16(person);
      const begin = performance.now();
      for (let index = 0; index < 200; index += 1) {
        await sleep(Math.max(0, begin + index * 20 - performance.now()));
        const payload = Buffer.from(encoder.encode(samples.subarray(index * 320, index * 320 + 320)));
        meta.send({ sequenceNumber: index, timestamp: index * 960, payload });
      }
      encoder.free();
      await spoke;
      await listened;
      await sleep(200);
      await bridge.stop();
      const result = await bridge.done;
      assert.equal(result.packetsToRtp, 200);
      assert.equal(result.droppedFromRtp, 0);
      assert.ok(result.packetsFromRtp >= 100, `${result.packetsFromRtp} packets of ffmpeg`);

      // What the person heard: every packet of ffmpeg, none twice, none missing.
      const silence = Buffer.from([0xf8, 0xff, 0xfe]);
      const fromFfmpeg = meta.packets.filter(({ payload }) => !payload.equals(silence));
      assert.equal(fromFfmpeg.length, result.packetsFromRtp);
      const numbers = meta.packets.map(({ header }) => header.sequenceNumber);
      assert.ok(numbers.every((number, index) => index === 0 || number === (((numbers[index - 1] ?? 0) + 1) & 0xffff)));
      const decoder = await createOpusDecoder({ sampleRate: 16_000, channels: 1 });
      const heardByPerson = fromFfmpeg.flatMap(({ payload }) => [...decoder.decode(payload)]);
      decoder.free();
      const atPerson = find(chirp(2, 16_000, 500, 2500), heardByPerson);
      assert.ok(atPerson.alike > 0.95, `at the person: ${atPerson.alike}`);

      // What ffmpeg heard: a whole second out of the middle.
      const heard = readWav(await readFile(heardFile)).samples[0] ?? [];
      const atFfmpeg = find(person.subarray(24_000, 40_000), heard);
      assert.ok(atFfmpeg.alike > 0.95, `at ffmpeg: ${atFfmpeg.alike}`);
      await leg.close();
      await meta.close();
    } finally {
      for (const child of running) child.kill('SIGKILL');
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
