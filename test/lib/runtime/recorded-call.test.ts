import { strict as assert } from 'node:assert';
import { newReservationId } from '../../../lib/ledger/reservation-id.ts';
import type { RecordResult } from '../../../lib/media/media.ts';
import { callOfFile, notedRecordings } from '../../../lib/runtime/recorded-call.ts';

const result = (files: string[]): RecordResult => ({
  ...{ file: files[0] ?? '/r/a.wav', files, seconds: 12.5, channels: 2, sampleRate: 48_000, result: 'stopped' },
  ...{ levels: { person: LEVEL, sent: LEVEL }, pausedSeconds: 0 },
});
const LEVEL = { peakDbfs: -3, rmsDbfs: -20, clippedSamples: 0 };

describe('recordings in the record of a call', () => {
  it('finds the call that a file name names, and no other', () => {
    const id = newReservationId(Date.UTC(2026, 10, 21));
    for (const name of [`2026-11-21-101500-${id}-recovered.wav`, `${id}.wav`, `x_${id}-002-recovered.wav`]) {
      assert.equal(callOfFile(`/recordings/2026/${name}`), id, name);
    }
    assert.equal(callOfFile(`C:\\recordings\\${id}-person.wav`), id);
    for (const name of ['2026-11-21-101500.wav', `a${id}.wav`, `${id}0.wav`, `${id}/none.wav`, '']) {
      assert.equal(callOfFile(name), undefined, name);
    }
  });

  it('notes every file, and its length where it is known', () => {
    assert.deepEqual(notedRecordings(result(['/r/a.wav']), true), [{ file: '/r/a.wav', seconds: 12.5 }]);
    const sides = ['/r/a-person.wav', '/r/a-sent.wav'];
    assert.deepEqual(
      notedRecordings(result(sides), false),
      sides.map((file) => ({ file, seconds: 12.5 })),
    );
    const parts = ['/r/a-001.wav', '/r/a-002.wav'];
    assert.deepEqual(
      notedRecordings(result(parts), true),
      parts.map((file) => ({ file })),
    );
  });
});
