import { strict as assert } from 'node:assert';
import { KeyRelay } from '../../../lib/media/key-relay.ts';
import { type EventPacket, rescaleEvent, TelephoneEventSender } from '../../../lib/media/telephone-event.ts';

function read({ payload, first, last }: EventPacket) {
  const [code, flags = 0] = payload;
  return { code, end: flags > 0x7f, duration: payload.readUInt16BE(2), first, last };
}

function beats(
  sender: { next(at: number): EventPacket | undefined },
  count: number,
): (ReturnType<typeof read> | undefined)[] {
  return Array.from({ length: count }, (_, index) => sender.next(index * 20)).map((packet) => packet && read(packet));
}

describe('telephone events', () => {
  it('sends a key while it is down, its end three times with its real duration, then a pause', () => {
    const sender = new TelephoneEventSender(8);
    sender.press('5');
    const down = beats(sender, 4);
    sender.release('5', 95);
    sender.release('#', 60);
    const after = beats(sender, 12);
    assert.deepEqual(
      down.map((packet) => packet?.duration),
      [160, 320, 480, 640],
    );
    assert.deepEqual(
      down.map((packet) => packet?.first),
      [true, false, false, false],
    );
    assert.ok([...down, ...after.slice(0, 3)].every((packet) => packet?.code === 5));
    assert.deepEqual(
      after.slice(0, 3).map((packet) => [packet?.end, packet?.duration, packet?.last]),
      [
        [true, 760, false],
        [true, 760, false],
        [true, 760, true],
      ],
    );
    assert.deepEqual(after.slice(3, 5), [undefined, undefined], 'a pause between two keys');
    const second = after.slice(5).filter((packet) => packet !== undefined);
    assert.ok(second[0]?.first && second.every(({ code }) => code === 11));
    assert.deepEqual(
      second.map(({ end, duration }) => [end, duration]),
      [
        [false, 160],
        [false, 320],
        [true, 480],
        [true, 480],
        [true, 480],
      ],
    );
  });

  it('ends a key that is never released, and bounds what waits', () => {
    const sender = new TelephoneEventSender(48);
    sender.press('1');
    const packets = beats(sender, 600).filter((packet) => packet !== undefined);
    assert.equal(packets.filter(({ end }) => end).length, 3);
    assert.equal(packets.at(-1)?.duration, 0xffff, 'longer than the field can say');
    for (let index = 0; index < 1000; index += 1) sender.release('2', 40);
    assert.equal(beats(sender, 10_000).filter((packet) => packet?.last).length, 32);
  });

  it('knows all sixteen keys and nothing else', () => {
    const sender = new TelephoneEventSender(8);
    for (const digit of '0123456789*#ABCD') sender.release(digit, 40);
    for (const digit of ['', 'x', '12', '10']) sender.release(digit, 40);
    const codes = beats(sender, 400)
      .filter((packet) => packet?.last)
      .map((packet) => packet?.code);
    assert.deepEqual(
      codes,
      Array.from({ length: 16 }, (_, code) => code),
    );
  });

  it('changes the unit of durations', () => {
    const event = Buffer.from([5, 0x8a, 0x03, 0x20]);
    assert.deepEqual(rescaleEvent(event, 8, 48), Buffer.from([5, 0x8a, 0x12, 0xc0]));
    assert.deepEqual(rescaleEvent(Buffer.from([5, 0, 0xff, 0xff]), 8, 16), Buffer.from([5, 0, 0xff, 0xff]));
    assert.equal(rescaleEvent(Buffer.from([5, 0, 1]), 8, 8), undefined);
  });

  it('relays keys as they happen, also when their end is lost', () => {
    const relay = new KeyRelay(16, 8);
    const event = (code: number, ms: number, end: boolean) => {
      const payload = Buffer.from([code, end ? 0x8a : 0x0a, 0, 0]);
      payload.writeUInt16BE(ms * 16, 2);
      return payload;
    };
    const sent: (ReturnType<typeof read> | undefined)[] = [];
    for (let at = 0; at < 1000; at += 20) {
      if (at < 200) relay.packet(1000, event(7, at + 20, false), at);
      if (at >= 500 && at <= 600) relay.packet(9000, event(8, at - 480, at >= 560), at);
      const packet = relay.next(at);
      sent.push(packet && read(packet));
    }
    assert.deepEqual([sent[0]?.code, sent[0]?.first], [7, true], 'without waiting for the release');
    const ends = sent.filter((packet) => packet?.end).map((packet) => [packet?.code, packet?.duration]);
    assert.equal(ends.filter(([code]) => code === 7).length, 3);
    assert.deepEqual(
      ends.filter(([code]) => code === 8),
      [
        [8, 640],
        [8, 640],
        [8, 640],
      ],
    );
    assert.equal(relay.keys, 2);
  });
});
