import { strict as assert } from 'node:assert';
import { createOpusDecoder, createOpusEncoder, type OpusDecoder } from '../../../lib/media/opus.ts';
import { opusRests, opusTicks } from '../../../lib/media/opus-duration.ts';
import { type FrameDecoder, Playout } from '../../../lib/media/playout.ts';
import { toInt16 } from '../../../lib/media/resample.ts';
import { seeded, speechLike } from '../../browser/audio.ts';

const RATE = 16_000;
const FRAME = 320;
const SECONDS = 30;
/** Mean length of a burst of losses, in packets. */
const BURST = 2;

/** Which packets a channel with two states loses (Gilbert, 1960): none while it is good, all while it is bad. */
function lossy(share: number, packets: number, seed: number): boolean[] {
  const random = seeded(seed);
  const toGood = 1 / BURST;
  const toBad = (toGood * share) / (1 - share);
  let bad = false;
  return Array.from({ length: packets }, () => {
    bad = bad ? random() >= toGood : random() < toBad;
    return bad;
  });
}

/** Windowed cosines and sines of 40 bands of 100 Hz each, up to 4 kHz. */
const WAVES = Array.from({ length: 40 }, (_, band) => {
  const angle = (2 * Math.PI * (50 + band * 100)) / RATE;
  const wave = (shape: (x: number) => number) =>
    Float64Array.from(
      { length: FRAME },
      (_, index) => shape(angle * index) * (0.5 - 0.5 * Math.cos((2 * Math.PI * index) / FRAME)),
    );
  return { real: wave(Math.cos), imaginary: wave(Math.sin) };
});

/** Level in dB of each band; below -60 dBFS nothing is told apart. */
function bands(samples: Int16Array, at: number): number[] {
  return WAVES.map((wave) => {
    let [real, imaginary] = [0, 0];
    for (let index = 0; index < FRAME; index += 1) {
      const sample = samples[at + index] as number;
      real += sample * (wave.real[index] as number);
      imaginary += sample * (wave.imaginary[index] as number);
    }
    return Math.max(-60, 20 * Math.log10(Math.hypot(real, imaginary) / (32_768 * FRAME * 0.25) + 1e-9));
  });
}

/**
 * How far what was heard is from what would have been heard without losses, over the frames that hold speech. `snr`: segmental
 * signal-to-noise ratio of the waveform in dB, each frame limited to -10..35 dB. `distance`: log-spectral distance in dB (both: Quackenbush
 * et al., Objective Measures of Speech Quality, 1988). Concealment has about the right sound in another phase: the waveform is as wrong as
 * with silence, to the ear it is not, and the second measure is there for that.
 */
function compare(reference: Int16Array, heard: Int16Array): { snr: number; distance: number } {
  const sums = { snr: 0, distance: 0 };
  let frames = 0;
  for (let at = 0; at + FRAME <= reference.length; at += FRAME) {
    let [signal, error] = [0, 1e-9];
    for (let index = at; index < at + FRAME; index += 1) {
      signal += (reference[index] as number) ** 2;
      error += ((reference[index] as number) - (heard[index] as number)) ** 2;
    }
    if (signal / FRAME < 200 ** 2) continue;
    frames += 1;
    sums.snr += Math.max(-10, Math.min(35, 10 * Math.log10(signal / error)));
    if (error < 1) continue;
    const other = bands(heard, at);
    const squares = bands(reference, at).map((level, band) => (level - (other[band] as number)) ** 2);
    sums.distance += Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
  }
  return { snr: sums.snr / frames, distance: sums.distance / frames };
}

type Measured = ReturnType<typeof compare>;
type Repair = 'FEC and PLC' | 'PLC' | 'silence';

function repairing(decoder: OpusDecoder, repair: Repair): FrameDecoder {
  const conceal = (samples: number) => (repair === 'silence' ? new Int16Array(samples) : decoder.conceal(samples));
  return {
    decode: (payload) => decoder.decode(payload),
    conceal,
    recover: (next, samples) => (repair === 'FEC and PLC' ? decoder.recover(next, samples) : conceal(samples)),
    free: () => decoder.free(),
  };
}

/** Plays the packets that are not lost, on simulated time; the delay is held constant, so that what is heard can be compared sample by sample. */
async function play(
  packets: Uint8Array[],
  lost: boolean[],
  repair: Repair,
): Promise<{ heard: Int16Array; playout: Playout }> {
  const decoder = await createOpusDecoder({ sampleRate: RATE, channels: 1 });
  const playout = new Playout(repairing(decoder, repair), RATE, {
    ticksPerMs: 48,
    duration: opusTicks,
    rests: opusRests,
    minimumMs: 100,
  });
  const heard = new Int16Array(packets.length * FRAME);
  for (const [index, payload] of packets.entries()) {
    if (!lost[index])
      playout.push({ ssrc: 1, sequenceNumber: index & 0xffff, timestamp: index * 960, payload }, index * 20);
    heard.set(playout.next(index * 20 + 1), index * FRAME);
  }
  playout.free();
  return { heard, playout };
}

describe('losses of 5, 10 and 20 % with bursts', function () {
  this.timeout(60_000);
  let packets: Uint8Array[];
  let whole: Int16Array;
  before(async () => {
    const encoder = await createOpusEncoder({ sampleRate: RATE, channels: 1 });
    const pcm = toInt16(speechLike({ seconds: SECONDS, sampleRate: RATE, seed: 77 }));
    packets = Array.from({ length: Math.floor(pcm.length / FRAME) }, (_, index) =>
      encoder.encode(pcm.subarray(index * FRAME, index * FRAME + FRAME)).slice(),
    );
    encoder.free();
    whole = (await play(packets, [], 'FEC and PLC')).heard;
  });

  for (const share of [0.05, 0.1, 0.2])
    it(`${share * 100} %: copies and concealment are better than concealment, which is better than silence`, async () => {
      const lost = lossy(share, packets.length, 1000 * share);
      const really = lost.filter(Boolean).length / lost.length;
      assert.ok(Math.abs(really - share) < 0.35 * share, `${really} lost`);
      const measured: Measured[] = [];
      for (const repair of ['FEC and PLC', 'PLC', 'silence'] as const) {
        const { heard, playout } = await play(packets, lost, repair);
        const { recovered, concealed, stretched, skipped, late } = playout.statistics();
        assert.equal(stretched + skipped + late, 0, 'the delay was held');
        assert.ok(recovered > 0 && concealed > 0 && recovered + concealed <= lost.filter(Boolean).length + 10);
        measured.push(compare(whole, heard));
      }
      const [copies, concealment, silence] = measured as [Measured, Measured, Measured];
      const told = ({ snr, distance }: Measured) => `${snr.toFixed(1)} / ${distance.toFixed(1)} dB`;
      console.log(
        `      ${(really * 100).toFixed(1)} % lost, segmental SNR / log-spectral distance: FEC and PLC ${told(copies)}, PLC ${told(concealment)}, silence ${told(silence)}`,
      );
      assert.ok(copies.snr > concealment.snr + 0.4 && copies.snr > silence.snr + 0.4);
      assert.ok(copies.distance < 0.9 * concealment.distance, `${copies.distance} and ${concealment.distance}`);
      assert.ok(concealment.distance < 0.9 * silence.distance, `${concealment.distance} and ${silence.distance}`);
    });
});
