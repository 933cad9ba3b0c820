import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BridgeOptions } from '../../../lib/media/media.ts';
import { speechLike } from '../../browser/audio.ts';
import { BridgedPerson, PERSON_RATE } from './bridged-person.ts';
import { RtpPhone } from './rtp-phone.ts';

const KEYS = 101;

/** The same key press as the far side of each kind of bridge sees and sends it: its own clock counts the duration. */
describe('key presses across a bridge', function () {
  this.timeout(30_000);
  this.retries(2);
  let person: BridgedPerson;
  let phone: RtpPhone;
  beforeEach(async () => {
    person = await BridgedPerson.connect();
    phone = await RtpPhone.open();
  });
  afterEach(async () => {
    phone.close();
    await person.close();
  });

  for (const [codec, unitsPerMs, soundType] of [
    [{ codec: 'opus' }, 48, 111],
    [{ codec: 'PCMU' }, 8, 0],
    [{ codec: 'L16', sampleRate: 16_000 }, 16, 96],
  ] as [BridgeOptions, number, number][])
    it(`${codec.codec}: both ways, with their duration, their end three times, and no gap in the sound’s numbers`, async () => {
      const remote = { address: '127.0.0.1', port: phone.port };
      const bridge = person.leg.bridge({ ...codec, remote, eventPayloadType: KEYS });
      const { local, sdp } = await bridge.started;
      assert.match(sdp, new RegExp(`telephone-event/${unitsPerMs * 1000}`));
      await person.say(speechLike({ seconds: 0.4, sampleRate: PERSON_RATE, seed: 1 }));
      await person.press(5, 120);
      await person.say(speechLike({ seconds: 0.4, sampleRate: PERSON_RATE, seed: 2 }));
      await sleep(300);
      const events = phone.packets.filter(({ payloadType }) => payloadType === KEYS);
      const read = events.map(({ payload }) => ({
        code: payload[0],
        end: (payload[1] ?? 0) > 0x7f,
        duration: payload.readUInt16BE(2),
      }));
      assert.ok(read.length >= 5 && read.every(({ code }) => code === 5));
      assert.deepEqual(
        read.filter(({ end }) => end).map(({ duration }) => duration),
        Array(3).fill(120 * unitsPerMs),
      );
      assert.equal(new Set(events.map(({ timestamp }) => timestamp)).size, 1, 'one event has one timestamp');
      const numbers = phone.packets.map(({ sequenceNumber }) => sequenceNumber).toSorted((a, b) => a - b);
      assert.equal(new Set(numbers).size, numbers.length);
      assert.equal(((numbers.at(-1) ?? 0) - (numbers[0] ?? 0)) & 0xffff, numbers.length - 1, 'no gap');

      // The far side presses 9 for 160 ms while it speaks before and after.
      const silence =
        codec.codec === 'opus' ? Buffer.from([0x48, 1, 2]) : Buffer.alloc(codec.codec === 'PCMU' ? 160 : 640, 0x55);
      const ticks = 20 * unitsPerMs;
      await phone.speak(local.port, soundType, Array(10).fill(silence), 20, ticks);
      const timestamp = (phone.timestamp + ticks) >>> 0;
      for (let ms = 20; ms <= 200; ms += 20) {
        phone.sequenceNumber = (phone.sequenceNumber + 1) & 0xffff;
        const payload = Buffer.from([9, ms >= 160 ? 0x8a : 0x0a, 0, 0]);
        payload.writeUInt16BE(Math.min(160, ms) * unitsPerMs, 2);
        phone.send(local.port, { payloadType: KEYS, timestamp, payload });
        await sleep(20);
      }
      phone.timestamp = (phone.timestamp + 10 * ticks) >>> 0;
      await phone.speak(local.port, soundType, Array(10).fill(silence), 20, ticks);
      await sleep(200);
      const heard = person.arrivals.filter(({ payloadType }) => payloadType === 126);
      assert.ok(heard.every(({ payload }) => payload[0] === 9));
      assert.equal(new Set(heard.map((packet) => packet.timestamp)).size, 1);
      const ends = heard.filter(({ payload }) => (payload[1] ?? 0) > 0x7f);
      assert.deepEqual(
        ends.map(({ payload }) => payload.readUInt16BE(2)),
        Array(3).fill(160 * 8),
        'in WhatsApp’s unit',
      );
      const sequence = person.arrivals.map(({ sequenceNumber }) => sequenceNumber);
      assert.ok(
        sequence.every((number, index) => index === 0 || number === (((sequence[index - 1] ?? 0) + 1) & 0xffff)),
      );
      await bridge.stop();
      const { statistics } = await bridge.done;
      assert.deepEqual([statistics.keysToRtp, statistics.keysFromRtp], [1, 1]);
      assert.equal(statistics.lostFromRtp, 0);
      // The end of each of the two sentences may be taken for a loss until nothing more comes; the key press is none.
      const { concealed = 0, recovered = 0 } = statistics.fromPerson ?? {};
      assert.ok(concealed <= 7 && recovered === 0, `${concealed} concealed, ${recovered} recovered`);
    });

  it('are not passed where nobody asked for them', async () => {
    const bridge = person.leg.bridge({ codec: 'PCMA', remote: { address: '127.0.0.1', port: phone.port } });
    const { local } = await bridge.started;
    await person.say(speechLike({ seconds: 0.2, sampleRate: PERSON_RATE, seed: 1 }));
    await person.press(5, 80);
    phone.send(local.port, { payloadType: KEYS, payload: Buffer.from([1, 0x8a, 4, 0]) });
    await sleep(200);
    assert.ok(phone.packets.every(({ payloadType }) => payloadType === 8));
    assert.ok(person.arrivals.every(({ payloadType }) => payloadType === 111));
    await bridge.stop();
    assert.equal((await bridge.done).droppedFromRtp, 1);
  });
});
