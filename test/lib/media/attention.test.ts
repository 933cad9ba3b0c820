import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DigitNews, SpeechEvent } from '../../../lib/media/media.ts';
import { toInt16 } from '../../../lib/media/resample.ts';
import { wavHeader } from '../../../lib/media/wav-writer.ts';
import { speechLike } from '../../browser/audio.ts';
import { BridgedPerson, PERSON_RATE } from './bridged-person.ts';
import { chirp } from './signal.ts';

function wav(seconds: number): Buffer {
  const pcm = toInt16(chirp(seconds, PERSON_RATE));
  return Buffer.concat([wavHeader(PERSON_RATE, 1, pcm.byteLength), Buffer.from(pcm.buffer)]);
}

describe('digits and speech of a leg', function () {
  this.timeout(60_000);
  let person: BridgedPerson;
  beforeEach(async () => {
    person = await BridgedPerson.connect();
  });
  afterEach(() => person.close());

  it('collects digits that cut the prompt, and tells nobody else of secret ones', async () => {
    const told: string[] = [];
    const news: DigitNews[] = [];
    person.leg.on('digit', ({ digit }) => told.push(digit));
    const task = person.leg.digits({ length: 2, prompt: { wav: wav(10) } });
    await sleep(800);
    await person.press(4, 100);
    await person.press(2, 100);
    assert.deepEqual(await task.done, { digits: '42', result: 'length', tries: 1 });
    assert.deepEqual(told, ['4', '2']);
    const secret = person.leg.digits({ length: 4, secret: true });
    secret.listen((entry) => news.push(entry));
    for (const code of [1, 2, 11]) await person.press(code, 80);
    assert.deepEqual(await secret.done, { digits: '12', result: 'terminator', tries: 1 });
    assert.deepEqual(told, ['4', '2'], 'no event of a secret digit');
    assert.deepEqual(news, [
      { kind: 'digit', count: 1 },
      { kind: 'digit', count: 2 },
    ]);
    const older = person.leg.digits({ length: 4 });
    await older.started;
    const newer = person.leg.digits({ length: 1 });
    assert.equal((await older.done).result, 'replaced');
    await person.press(9, 80);
    assert.equal((await newer.done).digits, '9');
  });

  it('hears that somebody speaks, which cuts a prompt and a stream', async () => {
    const events: SpeechEvent[] = [];
    person.leg.on('speech', (event) => events.push(event));
    const listening = person.leg.speech({ initialSilenceMs: 700 });
    const prompt = person.leg.play({ source: { wav: wav(20) }, interruptBy: ['speech'] });
    const stream = person.leg.stream({ interruptBy: ['speech'] });
    await prompt.started;
    await stream.write(toInt16(chirp(20, PERSON_RATE)) as never as Uint8Array);
    await person.say(new Float32Array(PERSON_RATE));
    const before = performance.now();
    await person.say(speechLike({ seconds: 2, sampleRate: PERSON_RATE, seed: 3 }));
    const cut = await prompt.done;
    assert.deepEqual([cut.result, cut.by], ['interrupted', 'speech'], `after ${performance.now() - before} ms`);
    await person.say(new Float32Array(1.2 * PERSON_RATE));
    await listening.stop();
    const { heard, utterances } = await listening.done;
    assert.deepEqual([heard === 'silence' || heard === 'speech', utterances >= 1], [true, true]);
    assert.ok(events.some(({ event }) => event === 'speech_end'));
    await stream.stop();
    assert.ok((await stream.done).clearedMs > 0);
  });
});
