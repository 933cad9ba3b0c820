/*
 * What a recorded call costs: CPU and memory of the recorder (decode both sides, place, measure levels, write to the disk), beside libopus decoding
 * the same packets and nothing else. Time is simulated, so that a minute of many calls is measured in seconds; the disk is real. Both
 * subjects take turns in one run.
 *
 *   node --expose-gc bench/recording.ts [--calls=20] [--seconds=60] [--rounds=2] [--rates=8000,16000,48000]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createOpusDecoder, createOpusEncoder, type OpusRate } from '../lib/media/opus.ts';
import { Recorder } from '../lib/media/recorder.ts';
import { numbers } from './hostile/kind.ts';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '60' },
    rounds: { type: 'string', default: '2' },
    rates: { type: 'string', default: '8000,16000,48000' },
  },
});
const FRAME_MS = 20;

/** Ten seconds of something like speech, as WhatsApp would send it: wideband, 24 kbit/s. */
async function speech(seed: number): Promise<Uint8Array[]> {
  const next = numbers(seed);
  const encoder = await createOpusEncoder({ sampleRate: 16_000, channels: 1 });
  const packets: Uint8Array[] = [];
  let phase = 0;
  for (let frame = 0; frame < 500; frame += 1) {
    const pitch = 120 + 80 * Math.sin(frame / 17) + 10 * next();
    const pcm = Int16Array.from({ length: 320 }, () => {
      phase += (2 * Math.PI * pitch) / 16_000;
      let value = 0;
      for (let harmonic = 1; harmonic < 12; harmonic += 1) value += Math.sin(harmonic * phase) / harmonic;
      return 6000 * value + 800 * (next() - 0.5);
    });
    packets.push(encoder.encode(pcm).slice());
  }
  encoder.free();
  return packets;
}

interface Cost {
  /** Milliseconds of CPU for one second of one call; a tenth of it is the share of a core in %. */
  cpuMsPerSecond: number;
  kilobytesPerCall: number;
}

/** KB in use. Memory of the codec's module is given back by finalisers, some turns after the collection. */
async function memory(): Promise<number> {
  for (let times = 0; times < 4; times += 1) {
    globalThis.gc?.();
    await sleep(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024;
}

async function record(
  rate: OpusRate,
  calls: number,
  seconds: number,
  sides: Uint8Array[][],
  folder: string,
): Promise<Cost> {
  const before = await memory();
  let [started, ended] = [0, 0];
  const recorders = Array.from({ length: calls }, (_, call) => {
    const report = {
      started: () => {
        started += 1;
      },
      done: () => {
        ended += 1;
      },
      failed: (error: Error) => {
        throw error;
      },
    };
    return new Recorder({ root: folder, name: `${rate}-${call}.wav`, sampleRate: rate }, report, () => undefined);
  });
  for (const recorder of recorders) recorder.open(0);
  while (started < calls) {
    await turn();
    for (const recorder of recorders) recorder.beat(0);
  }
  const begun = process.cpuUsage();
  let most = 0;
  for (let now = 0; now < seconds * 1000; now += FRAME_MS) {
    const index = now / FRAME_MS;
    const place = { sequenceNumber: index & 0xffff, timestamp: index * 960 };
    for (const recorder of recorders) {
      for (const [side, packets] of sides.entries()) {
        const packet = { ...place, ssrc: side + 1, payload: packets[index % packets.length] as Uint8Array };
        if (side === 0) recorder.received(packet, now);
        else recorder.sent(packet, now);
      }
      recorder.beat(now);
    }
    if (index % 10 === 0) await turn();
    if (index === 300) most = await memory();
  }
  await Promise.all(recorders.map((recorder) => recorder.stop('stopped', seconds * 1000)));
  const { user, system } = process.cpuUsage(begun);
  if (ended !== calls) throw new Error(`${ended} of ${calls} recordings ended well`);
  return { cpuMsPerSecond: (user + system) / 1000 / (calls * seconds), kilobytesPerCall: (most - before) / calls };
}

async function decode(rate: OpusRate, calls: number, seconds: number, sides: Uint8Array[][]): Promise<Cost> {
  const before = await memory();
  const make = () => createOpusDecoder({ sampleRate: rate, channels: 1 });
  const decoders = await Promise.all(Array.from({ length: calls * 2 }, make));
  const most = await memory();
  const begun = process.cpuUsage();
  for (let now = 0; now < seconds * 1000; now += FRAME_MS)
    for (const [which, decoder] of decoders.entries()) {
      const packets = sides[which % 2] as Uint8Array[];
      decoder.decode(packets[(now / FRAME_MS) % packets.length] as Uint8Array);
    }
  const { user, system } = process.cpuUsage(begun);
  for (const decoder of decoders) decoder.free();
  return { cpuMsPerSecond: (user + system) / 1000 / (calls * seconds), kilobytesPerCall: (most - before) / calls };
}

async function main(): Promise<void> {
  const [calls, seconds, rounds] = [Number(values.calls), Number(values.seconds), Number(values.rounds)];
  const sides = [await speech(1), await speech(2)];
  const folder = await mkdtemp(join(tmpdir(), 'bench-recording-'));
  console.log('| Hz | subject | % of a core per call | x decode | memory per call KB |\n|---|---|---|---|---|');
  try {
    for (const rate of values.rates.split(',').map(Number) as OpusRate[]) {
      const costs: { recorder: Cost[]; decode: Cost[] } = { recorder: [], decode: [] };
      for (let round = 0; round <= rounds; round += 1) {
        const [plain, whole] = [
          await decode(rate, calls, seconds, sides),
          await record(rate, calls, seconds, sides, join(folder, String(round))),
        ];
        await rm(join(folder, String(round)), { recursive: true });
        // The first round warms up.
        if (round === 0) continue;
        costs.decode.push(plain);
        costs.recorder.push(whole);
      }
      const mean = (of: Cost[], key: keyof Cost) => of.reduce((sum, cost) => sum + cost[key], 0) / of.length;
      const floor = mean(costs.decode, 'cpuMsPerSecond');
      for (const subject of ['recorder', 'decode'] as const) {
        const cpu = mean(costs[subject], 'cpuMsPerSecond');
        const kilobytes = mean(costs[subject], 'kilobytesPerCall');
        console.log(
          `| ${rate} | ${subject} | ${(cpu / 10).toFixed(2)} | ${(cpu / floor).toFixed(2)} | ${kilobytes.toFixed(0)} |`,
        );
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

void main();
