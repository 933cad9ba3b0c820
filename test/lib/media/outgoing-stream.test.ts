import { strict as assert } from 'node:assert';
import { OutgoingStream } from '../../../lib/media/outgoing-stream.ts';
import { sequenceDistance, timestampDistance } from '../../../lib/media/rtp-clock.ts';

describe('outgoing stream', () => {
  it('counts paced frames without a hole', () => {
    const stream = new OutgoingStream();
    const first = stream.paced(1000);
    const second = stream.paced(1020);
    const late = stream.paced(1500);
    assert.equal(sequenceDistance(second.sequenceNumber, first.sequenceNumber), 1);
    assert.equal(timestampDistance(second.timestamp, first.timestamp), 960);
    assert.equal(sequenceDistance(late.sequenceNumber, second.sequenceNumber), 1);
    assert.equal(timestampDistance(late.timestamp, second.timestamp), 480 * 48);
  });

  it('keeps the holes and pauses of what it forwards, and takes over and hands back without going backwards', () => {
    const stream = new OutgoingStream();
    let last = stream.paced(0);
    const packet = (index: number, timestamp: number) => ({
      ssrc: 7,
      sequenceNumber: (65_500 + index) & 0xffff,
      timestamp: (0xffff_0000 + timestamp) >>> 0,
    });
    const first = stream.forwarded(packet(0, 0), 25);
    assert.ok(first);
    assert.equal(sequenceDistance(first.sequenceNumber, last.sequenceNumber), 1);
    assert.ok(timestampDistance(first.timestamp, last.timestamp) >= 960);
    const afterLoss = stream.forwarded(packet(3, 3 * 960), 85);
    assert.equal(sequenceDistance(afterLoss?.sequenceNumber ?? 0, first.sequenceNumber), 3);
    assert.equal(timestampDistance(afterLoss?.timestamp ?? 0, first.timestamp), 3 * 960);
    const reordered = stream.forwarded(packet(2, 2 * 960), 90);
    assert.equal(sequenceDistance(reordered?.sequenceNumber ?? 0, first.sequenceNumber), 2);
    const afterPause = stream.forwarded(packet(4, 23 * 960), 480);
    assert.equal(timestampDistance(afterPause?.timestamp ?? 0, first.timestamp), 23 * 960);
    assert.ok(stream.flowing(900) && !stream.flowing(1000));
    last = stream.paced(1000);
    assert.equal(sequenceDistance(last.sequenceNumber, first.sequenceNumber), 5);
    assert.ok(timestampDistance(last.timestamp, first.timestamp) >= 24 * 960);
    const resumed = stream.forwarded(packet(10, 50 * 960), 1010);
    assert.equal(sequenceDistance(resumed?.sequenceNumber ?? 0, last.sequenceNumber), 1);
    assert.equal(stream.forwarded(packet(9, 49 * 960), 1011), undefined, 'older than its turn');
  });

  it('never uses a number twice, whatever comes (10,000 packets over several wraps)', () => {
    const stream = new OutgoingStream();
    const used = new Set<number>();
    let extended = 0;
    let previous: number | undefined;
    const take = (place: { sequenceNumber: number } | undefined) => {
      if (!place) return;
      extended += previous === undefined ? 0 : sequenceDistance(place.sequenceNumber, previous);
      previous = place.sequenceNumber;
      assert.ok(!used.has(extended));
      used.add(extended);
    };
    let seed = 5;
    const next = (limit: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * limit);
    };
    let sequence = 0;
    for (let index = 0, at = 0; index < 10_000; index += 1, at += 20) {
      if (index % 400 > 300) take(stream.paced(at));
      else {
        sequence += 1 + (next(20) === 0 ? next(50) : 0);
        take(
          stream.forwarded(
            { ssrc: 1 + Math.floor(index / 3000), sequenceNumber: (sequence * 7) & 0xffff, timestamp: (at * 48) >>> 0 },
            at,
          ),
        );
      }
    }
    assert.ok(used.size > 9_000);
  });
});
