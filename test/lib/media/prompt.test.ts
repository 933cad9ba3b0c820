import { strict as assert } from 'node:assert';
import { MediaError } from '../../../lib/media/media.ts';
import { openPrompt } from '../../../lib/media/prompt.ts';
import type { WavSource } from '../../../lib/media/wav-reader.ts';

/** A sound whose disk is scripted. */
function source(ready: (from: number, to: number) => boolean): WavSource & { closed: number } {
  const wav = {
    ...{ sampleRate: 44_100, channels: 2, frames: 44_100, closed: 0, ready },
    sample: (channel: number, frame: number) => (frame < 0 || frame >= 44_100 || channel > 1 ? Number.NaN : 0.25),
    close: () => {
      wav.closed += 1;
    },
  };
  return wav;
}

describe('prompt', () => {
  it('waits for a late disk without losing its place, and reads nothing but its own samples', async () => {
    let [there, highest, asked] = [false, 0, 0];
    const wav = source((from, to) => {
      assert.ok(from >= 0 && to <= 44_100 && from <= to, `${from} to ${to}`);
      highest = Math.max(highest, to);
      asked += 1;
      return there;
    });
    const prompt = await openPrompt(wav, 16_000, 2);
    assert.equal(prompt.seconds, 2);
    for (let times = 0; times < 5; times += 1) assert.equal(prompt.next(), 'late');
    assert.ok(highest < 2000 && asked === 5, 'only what is needed now');
    assert.ok(prompt.silence().length > 0);
    there = true;
    let packets = 0;
    for (let packet = prompt.next(); packet !== undefined; packet = prompt.next()) {
      assert.ok(packet !== 'late' && packet.length > 0);
      packets += 1;
    }
    // Twice 50, and the one that the encoder holds back.
    assert.equal(packets, 101);
    prompt.free();
    assert.equal(wav.closed, 1);
  });

  it('hands on what the disk says', async () => {
    const prompt = await openPrompt(
      source(() => {
        throw new MediaError('media_file_missing', 'gone', 'look');
      }),
      48_000,
    );
    assert.throws(() => prompt.next(), { code: 'media_file_missing' });
    prompt.free();
  });
});
