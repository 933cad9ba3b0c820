import { strict as assert } from 'node:assert';
import { greetingWav } from '../../../lib/runtime/greeting.ts';

describe('greetingWav', () => {
  const file = greetingWav();

  it('is a WAV file of 48 kHz, mono, 16 bits, as long as its header says', () => {
    assert.equal(file.toString('latin1', 0, 4) + file.toString('latin1', 8, 16), 'RIFFWAVEfmt ');
    assert.deepEqual(
      [file.readUInt16LE(20), file.readUInt16LE(22), file.readUInt32LE(24), file.readUInt16LE(34)],
      [1, 1, 48_000, 16],
    );
    assert.equal(file.readUInt32LE(4), file.length - 8);
    assert.equal(file.readUInt32LE(40), file.length - 44);
    const seconds = (file.length - 44) / 2 / 48_000;
    assert.ok(seconds > 2.5 && seconds < 4, `${seconds} s`);
  });

  it('speaks from its first 200 ms on and never clips', () => {
    let early = 0;
    let peak = 0;
    for (let i = 0; i < (file.length - 44) / 2; i += 1) {
      const sample = file.readInt16LE(44 + i * 2);
      peak = Math.max(peak, Math.abs(sample));
      if (i < 9600) early += sample * sample;
    }
    assert.ok(Math.sqrt(early / 9600) > 4000, 'the beginning is silent');
    assert.ok(peak < 30_000 && peak > 8000, `peak ${peak}`);
  });
});
