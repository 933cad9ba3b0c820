import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOpusEncoder } from '../../../lib/media/opus.ts';
import { toInt16 } from '../../../lib/media/resample.ts';
import { firstLevel, LastSound } from '../../../lib/media/sound-level.ts';
import { wavHeader } from '../../../lib/media/wav-writer.ts';
import { BridgedPerson, PERSON_RATE } from './bridged-person.ts';
import { RtpPhone } from './rtp-phone.ts';
import { chirp } from './signal.ts';

/** A sweep through the voice's range at that amplitude. */
const sound = (seconds: number, amplitude: number) => chirp(seconds, PERSON_RATE, 300, 1500, amplitude);
const dbov = (amplitude: number) => 20 * Math.log10(amplitude / Math.SQRT2);
const near = (level: number | undefined, amplitude: number, what: string) =>
  assert.ok(level !== undefined && Math.abs(level - dbov(amplitude)) < 3, `${what}: ${level}, not ${dbov(amplitude)}`);

async function opus(samples: Float32Array): Promise<Buffer[]> {
  const encoder = await createOpusEncoder({ sampleRate: PERSON_RATE, channels: 1 });
  const pcm = toInt16(samples);
  const packets = Array.from({ length: pcm.length / 320 }, (_, index) =>
    Buffer.from(encoder.encode(pcm.subarray(index * 320, index * 320 + 320))),
  );
  encoder.free();
  return packets;
}

describe('the level of a direction', function () {
  this.timeout(30_000);

  it('is the power below full scale: 0 at most, -127 for silence', () => {
    const last = new LastSound();
    const level = (samples: ArrayLike<number>) => {
      last.take(Int16Array.from(samples), 0);
      return last.dbov(0);
    };
    assert.equal(level([-32_768, -32_768]), 0);
    assert.equal(level([3277, -3277]), -20);
    assert.equal(level([1, 0, 0, 0]), -96);
    assert.equal(level([0, 0]), -127);
    assert.equal(level([]), undefined);
    near(level(toInt16(sound(0.2, 0.5))), 0.5, 'a sweep');
  });

  it('is not told where nothing was decoded lately, or ever', () => {
    const [last, other] = [new LastSound(), new LastSound()];
    assert.equal(last.dbov(0), undefined);
    last.silence(1000);
    assert.deepEqual([last.dbov(2000), last.dbov(2001)], [-127, undefined]);
    other.take(Int16Array.of(3277), 1500);
    assert.equal(firstLevel([undefined, last, other], 1900), -127);
    assert.equal(firstLevel([undefined, last, other], 2100), -20);
    other.forget();
    assert.equal(firstLevel([other], 1500), undefined);
  });

  describe('of a call', () => {
    let person: BridgedPerson;
    beforeEach(async () => {
      person = await BridgedPerson.connect();
    });
    afterEach(() => person.close());
    const levels = async () => (await person.leg.statistics()).level ?? {};

    it('is there of both while somebody listens; without, only of what we make', async () => {
      await person.say(sound(0.2, 0.1));
      assert.deepEqual(await levels(), { sent: -127 }, 'silence flows, and nobody decodes the person');
      const speech = person.leg.speech({});
      await speech.started;
      await person.say(sound(0.6, 0.1));
      near((await levels()).person, 0.1, 'the person');
      await speech.stop();
      const pcm = toInt16(sound(1, 0.3));
      const wav = Buffer.concat([wavHeader(PERSON_RATE, 1, pcm.byteLength), Buffer.from(pcm.buffer)]);
      const play = person.leg.play({ source: { wav }, times: 3 });
      await play.started;
      // A frame of the sweep, whichever it is.
      near((await levels()).sent, 0.3, 'the prompt');
      await play.stop();
    });

    it('is there of both while a bridge transcodes; not of what passes through, unless it is recorded', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'level-'));
      const phone = await RtpPhone.open();
      try {
        const remote = { address: '127.0.0.1', port: phone.port };
        const transcoding = person.leg.bridge({ codec: 'PCMU', remote });
        await transcoding.started;
        await person.say(sound(0.6, 0.1));
        near((await levels()).person, 0.1, 'the person, transcoded');
        await transcoding.stop();
        const passing = person.leg.bridge({ remote });
        const { local } = await passing.started;
        const recording = person.leg.record({ root: folder, name: 'a.wav' });
        await recording.started;
        const both = person.say(sound(1, 0.3));
        await phone.speak(local.port, 111, await opus(sound(1, 0.1)), 20, 960);
        near((await levels()).sent, 0.1, 'what passes through, recorded');
        await both;
        near((await levels()).person, 0.3, 'the person, recorded');
        await recording.stop();
        await passing.stop();
      } finally {
        phone.close();
        await rm(folder, { recursive: true });
      }
    });
  });
});
