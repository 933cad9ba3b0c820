import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { Continuity, distance } from '../../../simulator/relay/continuity.ts';

const START = { sequenceNumber: 65530, timestamp: 2 ** 32 - 2000 };

describe('Continuity of an RTP stream', () => {
  it('begins where it is told to', () => {
    const stream = new Continuity(START);
    assert.deepEqual(stream.place('a', { sequenceNumber: 7, timestamp: 9 }, 100), START);
  });

  it('keeps gaps and reordering of a source as they are, over the wrap of both counters', () => {
    const jumps = fc.array(fc.integer({ min: -3, max: 40 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.nat(65535), fc.nat(2 ** 32 - 1), jumps, (sequenceNumber, timestamp, steps) => {
        const stream = new Continuity(START);
        stream.place('a', { sequenceNumber, timestamp }, 0);
        let at = 0;
        for (const step of steps) {
          at += step;
          const packet = {
            sequenceNumber: (sequenceNumber + at + 65536) & 0xffff,
            timestamp: (timestamp + at * 960 + 2 ** 32) % 2 ** 32,
          };
          const placed = stream.place('a', packet, 1);
          assert.equal(distance(START.sequenceNumber, placed.sequenceNumber, 16), at);
          assert.equal(distance(START.timestamp, placed.timestamp, 32), at * 960);
        }
      }),
    );
  });

  it('goes on by one and by the time that passed when the source changes or starts again', () => {
    const stream = new Continuity({ sequenceNumber: 10, timestamp: 1000 });
    stream.place('a', { sequenceNumber: 500, timestamp: 70_000 }, 1000);
    assert.deepEqual(stream.place('b', { sequenceNumber: 9, timestamp: 5 }, 1100), {
      sequenceNumber: 11,
      timestamp: 1000 + 4800,
    });
    assert.deepEqual(stream.place('b', { sequenceNumber: 40_000, timestamp: 1 }, 1120), {
      sequenceNumber: 12,
      timestamp: 1000 + 4800 + 960,
    });
  });

  it('makes room for inserted packets and closes the gap of those left out', () => {
    const stream = new Continuity({ sequenceNumber: 1, timestamp: 0 });
    const sent = [stream.place('a', { sequenceNumber: 50, timestamp: 0 }, 0)];
    sent.push(stream.insert(960, 20), stream.insert(960, 40));
    stream.leaveOut('a');
    stream.leaveOut('a');
    sent.push(stream.place('a', { sequenceNumber: 53, timestamp: 2880 }, 60));
    assert.deepEqual(
      sent.map((place) => place.sequenceNumber),
      [1, 2, 3, 4],
    );
    assert.equal(sent[3]?.timestamp, 2880);
  });
});
