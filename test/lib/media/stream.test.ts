import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamNews } from '../../../lib/media/media.ts';
import { resample, toInt16 } from '../../../lib/media/resample.ts';
import { speechLike } from '../../browser/audio.ts';
import { BridgedPerson, PERSON_RATE } from './bridged-person.ts';
import { assertHeard } from './heard.ts';

const pcm = (samples: Float32Array): Buffer => Buffer.from(toInt16(samples).buffer);
const voice = (seconds: number, sampleRate: number, seed = 5) => speechLike({ seconds, sampleRate, seed });
type Chunk = Extract<StreamNews, { kind: 'chunk' }>;

async function until(what: string, done: () => boolean): Promise<void> {
  for (let waited = 0; !done(); waited += 20) {
    if (waited > 15_000) throw new Error(`waited in vain: ${what}`);
    await sleep(20);
  }
}

function samples(chunks: Chunk[]): Float32Array {
  const bytes = Buffer.concat(chunks.map(({ pcm: bytes }) => bytes));
  return Float32Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readInt16LE(index * 2) / 32_768);
}

describe('streams', function () {
  this.timeout(60_000);
  let person: BridgedPerson;
  let news: StreamNews[];

  beforeEach(async () => {
    person = await BridgedPerson.connect();
    news = [];
  });
  afterEach(() => person.close());

  const chunks = () => news.filter((entry): entry is Chunk => entry.kind === 'chunk');
  function open(options: Parameters<BridgedPerson['leg']['stream']>[0] = {}) {
    const task = person.leg.stream(options);
    task.listen((entry) => news.push(entry));
    return task;
  }

  it('hands out what the person says, whole, in order, in chunks of the length that was asked for', async () => {
    const task = open({ chunkMs: 60 });
    await task.started;
    const said = voice(3, PERSON_RATE);
    await person.say(said);
    await sleep(300);
    await task.stop();
    const result = await task.done;
    const heard = chunks();
    assert.ok(heard.every(({ pcm: bytes }) => bytes.length === 1920));
    assert.deepEqual(
      heard.map(({ sequence }) => sequence),
      heard.map((_, index) => index),
    );
    const [first] = heard;
    assert.equal(first?.timeMs, 0);
    assert.deepEqual([result.result, result.droppedMs, result.listenedMs], ['stopped', 0, heard.length * 60]);
    assertHeard('the person', said, samples(heard), PERSON_RATE);
  });

  for (const rate of [8000, 16_000, 24_000] as const)
    it(`says what is written at ${rate} Hz, in pieces of odd lengths, and tells when it was said`, async () => {
      const task = open({ sampleRate: rate });
      await task.started;
      const said = voice(2, rate);
      const bytes = pcm(said);
      for (let at = 0; at < bytes.length; at += 999) void task.write(bytes.subarray(at, at + 999));
      await task.mark('sentence');
      const from = person.arrivals.length;
      await until('the mark', () => news.some(({ kind }) => kind === 'mark'));
      const packets = person.arrivals.length - from;
      assert.ok(packets > 80, `told after ${packets} packets of 100`);
      await sleep(200);
      const heard = await person.heard();
      assertHeard('the stream', resample(said, rate, PERSON_RATE), heard, PERSON_RATE);
      await task.stop();
      const { spokenMs, refusedMs, clearedMs } = await task.done;
      assert.deepEqual([spokenMs, refusedMs, clearedMs], [2000, 0, 0]);
      assert.deepEqual(
        news.filter(({ kind }) => kind === 'mark'),
        [{ kind: 'mark', name: 'sentence', played: true }],
      );
    });

  it('clears what waits, says how much it was, and sends nothing of it any more', async () => {
    const task = open();
    await task.started;
    await task.write(pcm(voice(5, PERSON_RATE)));
    await task.mark('never');
    await until('sound', () => person.sounds().length > 20);
    const { clearedMs } = await task.clear();
    const arrived = person.sounds().length;
    await sleep(200);
    // One frame is on its way, and one holds the end of the last for the encoder.
    assert.ok(person.sounds().length - arrived <= 3, `${person.sounds().length - arrived}`);
    const [figures] = (await person.leg.statistics()).streams ?? [];
    assert.equal((figures?.spokenMs ?? 0) + clearedMs, 5000);
    assert.deepEqual(
      news.filter(({ kind }) => kind !== 'chunk'),
      [
        { kind: 'cleared', ms: clearedMs, by: 'flow' },
        { kind: 'mark', name: 'never', played: false },
      ],
    );
    await task.write(pcm(voice(0.4, PERSON_RATE)));
    await task.mark('after');
    await until('the next mark', () => news.some((entry) => entry.kind === 'mark' && entry.name === 'after'));
    await task.stop();
  });

  it('is cut by a key, refuses what is too much and tells it', async () => {
    const task = open({ interruptBy: ['digit'], mostQueuedMs: 1000 });
    await task.started;
    const written = await task.write(pcm(voice(3, PERSON_RATE)));
    assert.ok(written.refusedMs >= 1900 && written.refusedMs <= 2000, `${written.refusedMs}`);
    await until('sound', () => person.sounds().length > 5);
    await person.press(5, 100);
    await until('the cut', () => news.some((entry) => entry.kind === 'cleared' && entry.by === 'digit'));
    assert.ok(news.some((entry) => entry.kind === 'refused' && entry.ms === written.refusedMs));
    await person.leg.close();
    const result = await task.done;
    assert.equal(result.result, 'call_ended');
    assert.equal(result.refusedMs, written.refusedMs);
    assert.ok(result.clearedMs > 100 && result.clearedMs + result.spokenMs <= 1020, JSON.stringify(result));
    assert.deepEqual(await task.write(new Uint8Array(640)), { queuedMs: 0, refusedMs: 0 });
  });

  it('drops the oldest and counts it while the main thread hangs, and the holes are seen in the sequence', async () => {
    const task = open({ chunkMs: 20, mostBehindMs: 400 });
    await task.started;
    await until('chunks', () => chunks().length > 10);
    const end = performance.now() + 2500;
    while (performance.now() < end);
    await until('chunks after it', () => (chunks().at(-1)?.timeMs ?? 0) > 3200);
    const { streams } = await person.leg.statistics();
    const [figures] = streams ?? [];
    assert.ok(figures && figures.droppedMs >= 1000 && figures.droppedMs <= 2400, `${figures?.droppedMs}`);
    const sequences = chunks().map(({ sequence }) => sequence);
    const missing = (sequences.at(-1) ?? 0) + 1 - sequences.length;
    assert.ok(Math.abs(missing - figures.droppedChunks) <= 1, `${missing} of ${figures.droppedChunks}`);
    assert.ok(sequences.every((sequence, index) => index === 0 || sequence > (sequences[index - 1] ?? 0)));
    await task.stop();
  });

  it('refuses options that make no sense, before and after the call with its own words', async () => {
    for (const options of [{ chunkMs: 30 }, { chunkMs: 400 }, { sampleRate: 44_100 as 8000 }, { mostQueuedMs: 0 }])
      await assert.rejects(person.leg.stream(options).done, { code: 'media_options_refused' });
    await person.leg.close();
    await assert.rejects(person.leg.stream({}).done, { code: 'media_not_connected' });
  });
});
