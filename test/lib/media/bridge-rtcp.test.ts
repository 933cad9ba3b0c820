import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { speechLike } from '../../browser/audio.ts';
import { BridgedPerson, PERSON_RATE } from './bridged-person.ts';
import { RtpPhone } from './rtp-phone.ts';

/** A receiver report of the far side about `about`: a quarter lost lately, 300 in all, jitter of 160 ticks. */
function receiverReport(about: number, lastReport: number): Buffer {
  const data = Buffer.alloc(32);
  data.writeUInt32BE(0x81c9_0007, 0);
  data.writeUInt32BE(4711, 4);
  data.writeUInt32BE(about, 8);
  data.writeUInt32BE((64 << 24) | 300, 12);
  data.writeUInt32BE(160, 20);
  data.writeUInt32BE(lastReport, 24);
  // Half a second since their report came.
  data.writeUInt32BE(32_768, 28);
  return data;
}

describe('RTCP of a bridge', function () {
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

  for (const rtcpMux of [false, true])
    for (const codec of ['opus', 'PCMU'] as const)
      it(`${codec}, ${rtcpMux ? 'on the RTP port' : 'on the port above'}: reports, takes reports, says goodbye`, async () => {
        const bridge = person.leg.bridge({ codec, rtcpMux, remote: { address: '127.0.0.1', port: phone.port } });
        const { local, sdp } = await bridge.started;
        assert.equal(/a=rtcp-mux/.test(sdp), rtcpMux);
        const sound = codec === 'opus' ? Buffer.from([0x48, 1, 2]) : Buffer.alloc(160, 0xff);
        const ticks = codec === 'opus' ? 960 : 160;
        await Promise.all([
          person.say(speechLike({ seconds: 1.2, sampleRate: PERSON_RATE, seed: 1 })),
          phone.speak(local.port, codec === 'opus' ? 111 : 0, Array(60).fill(sound), 20, ticks),
        ]);
        const [report] = phone.reports;
        assert.ok(report, 'a report came');
        assert.ok(phone.reports.every(({ muxed }) => muxed === rtcpMux));
        const { data } = report;
        assert.equal(data[1], 200, 'a sender report first');
        const ssrc = data.readUInt32BE(4);
        assert.equal(ssrc, phone.packets[0]?.ssrc);
        const sent = phone.packets.length;
        assert.ok(data.readUInt32BE(20) > 0 && data.readUInt32BE(20) <= sent);
        assert.equal(data.readUInt32BE(28), 4711, 'about the far side');
        const rtpNow = data.readUInt32BE(16);
        const newest = phone.packets.at(-1)?.timestamp ?? 0;
        assert.ok(Math.abs((rtpNow - newest) | 0) < 2 * (ticks / 20) * 1000, 'its clock is that of the packets');

        const socket = rtcpMux ? phone.rtp : phone.rtcp;
        const port = rtcpMux ? local.port : local.port + 1;
        const middle = data.readUInt32BE(10);
        socket.send(receiverReport(ssrc, (middle - 3 * 65_536) >>> 0), port, '127.0.0.1');
        socket.send(Buffer.from([0x81, 0xc9, 0, 200, 1]), port, '127.0.0.1');
        socket.send(receiverReport(12_345, middle), port, '127.0.0.1');
        await sleep(100);
        const [figures] = (await person.leg.statistics()).bridges ?? [];
        assert.deepEqual(figures?.farSide, { lost: 300, fractionLost: 0.25, jitterMs: 160 / (ticks / 20) });
        assert.ok((figures?.roundTripMs ?? 0) > 2400, `${figures?.roundTripMs} ms`);
        const before = phone.reports.length;
        await bridge.stop();
        await sleep(50);
        const goodbye = phone.reports[before]?.data;
        assert.equal(goodbye?.length, 16);
        assert.deepEqual([goodbye?.[1], goodbye?.[9], goodbye?.readUInt32BE(12)], [201, 203, ssrc]);
        await bridge.done;
      });

  it('reports of strangers are counted and do not count', async () => {
    const bridge = person.leg.bridge({ learning: 'learned' });
    const { local } = await bridge.started;
    phone.rtcp.send(receiverReport(1, 1), local.port + 1, '127.0.0.1');
    await sleep(100);
    const [figures] = (await person.leg.statistics()).bridges ?? [];
    assert.equal(figures?.strangers, 1);
    assert.equal(figures?.farSide, undefined);
    await bridge.stop();
    assert.equal(phone.reports.length, 0, 'nobody to say goodbye to');
  });

  it('leaves no port behind', async () => {
    const bridge = person.leg.bridge({ codec: 'PCMA', remote: { address: '127.0.0.1', port: phone.port } });
    const { local } = await bridge.started;
    await bridge.stop();
    const again = person.leg.bridge({ local: { port: local.port } });
    assert.equal((await again.started).local.port, local.port);
    await again.stop();
  });
});
