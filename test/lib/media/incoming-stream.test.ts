import { strict as assert } from 'node:assert';
import { IncomingStream } from '../../../lib/media/incoming-stream.ts';
import { Keypad } from '../../../lib/media/keypad.ts';
import { readRtp, writeRtp } from '../../../lib/media/rtp-datagram.ts';

const packet = (sequenceNumber: number, timestamp = sequenceNumber * 960, ssrc = 1) => ({
  ssrc,
  sequenceNumber: sequenceNumber & 0xffff,
  timestamp: timestamp >>> 0,
});

describe('incoming stream', () => {
  it('counts loss over the wrap of the sequence and drops duplicates and replays', () => {
    const stream = new IncomingStream();
    for (let number = 65_000; number < 66_200; number += 1)
      if (number % 10 !== 0) stream.accept(packet(number), number * 20);
    assert.equal(stream.packets, 1080);
    assert.equal(stream.lost, 119, 'the first packet seen is the first expected');
    assert.equal(stream.accept(packet(66_199), 0), undefined);
    assert.equal(stream.accept(packet(66_100 - 10), 0), 66_090 + 0x1_0000 - 0, 'a late one is no duplicate');
    assert.equal(stream.accept(packet(66_090), 0), undefined);
    assert.equal(stream.accept(packet(65_100), 0), undefined, 'too old to tell from a replay');
    assert.equal(stream.duplicates, 3);
    assert.equal(stream.lost, 118);
  });

  it('takes two packets in order as a restart, one as noise', () => {
    const stream = new IncomingStream();
    for (let number = 100; number < 110; number += 1) stream.accept(packet(number), 0);
    assert.equal(stream.accept(packet(40_000), 0), undefined);
    assert.ok(stream.accept(packet(110), 0));
    assert.equal(stream.accept(packet(50_000), 0), undefined);
    assert.ok(stream.accept(packet(50_001), 0));
    assert.equal(stream.lost, 0);
    assert.equal(stream.packets, 12);
  });

  it('begins anew with another sender and keeps its sums', () => {
    const stream = new IncomingStream();
    for (const number of [1, 2, 4]) stream.accept(packet(number), 0);
    for (const number of [9000, 9001]) stream.accept(packet(number, 0, 2), 0);
    assert.equal(stream.lost, 1);
    assert.equal(stream.packets, 5);
    assert.deepEqual(stream.report(), { fractionLost: 0, packetsLost: 1 });
  });

  it('measures jitter as RFC 3550 does', () => {
    const stream = new IncomingStream();
    for (let number = 0; number < 400; number += 1) stream.accept(packet(number), number * 20 + (number % 2) * 10);
    assert.ok(Math.abs(stream.jitter / 48 - 10) < 0.1, `${stream.jitter / 48} ms`);
  });
});

describe('keypad', () => {
  const event = (code: number, end: boolean, duration: number) =>
    Buffer.from([code, end ? 0x80 : 0, duration >> 8, duration & 255]);
  it('knows all keys, ignores flash, noise and repetitions', () => {
    const keypad = new Keypad();
    const keys = Array.from({ length: 17 }, (_, code) =>
      keypad.packet(code * 5000, event(code, true, 800), code),
    ).flat();
    assert.equal(keys.map(({ digit }) => digit).join(''), '0123456789*#ABCD');
    assert.ok(keys.every(({ durationMs }) => durationMs === 100));
    assert.deepEqual(keypad.packet(15 * 5000, event(15, true, 800), 20), []);
    assert.deepEqual(keypad.packet(1, Buffer.from([1, 2]), 20), []);
    assert.equal(keypad.overdue(1e9), undefined);
  });

  it('releases a key whose end was lost when the next is pressed, or after a while', () => {
    const keypad = new Keypad();
    assert.deepEqual(keypad.packet(100, event(1, false, 1600), 0), []);
    assert.deepEqual(keypad.packet(200, event(1, false, 160), 30), [{ digit: '1', durationMs: 200 }]);
    assert.equal(keypad.overdue(100), undefined);
    assert.deepEqual(keypad.overdue(200), { digit: '1', durationMs: 20 });
    assert.deepEqual(keypad.packet(200, event(1, true, 160), 210), [], 'its end came after all');
  });
});

describe('RTP datagram', () => {
  it('reads what it writes', () => {
    const written = {
      payloadType: 111,
      sequenceNumber: 65_535,
      timestamp: 4_000_000_000,
      ssrc: 0xdead_beef,
      marker: true,
      payload: Buffer.from([1, 2, 3]),
    };
    assert.deepEqual(readRtp(writeRtp(written)), written);
  });

  it('skips contributors, extensions and padding', () => {
    const plain = writeRtp({
      payloadType: 96,
      sequenceNumber: 1,
      timestamp: 2,
      ssrc: 3,
      marker: false,
      payload: Buffer.from([9, 9]),
    });
    const rich = Buffer.concat([
      plain.subarray(0, 12),
      Buffer.alloc(8, 1),
      Buffer.from([0xbe, 0xde, 0, 1, 0, 0, 0, 0]),
      Buffer.from([9, 9]),
      Buffer.from([0, 0, 3]),
    ]);
    rich[0] = 0x80 | 0x20 | 0x10 | 2;
    assert.deepEqual(readRtp(rich)?.payload, Buffer.from([9, 9]));
  });

  it('reads or refuses any bytes', () => {
    let seed = 1;
    const byte = () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed >>> 24;
    };
    let read = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const data = Buffer.from(Array.from({ length: byte() % 48 }, byte));
      if (round % 2 && data.length > 0) data[0] = 0x80 | ((data[0] ?? 0) & 0x3f);
      const packet = readRtp(data);
      if (!packet) continue;
      read += 1;
      assert.ok(packet.payload.length <= data.length - 12);
    }
    assert.ok(read > 500, `${read}`);
  });
});
