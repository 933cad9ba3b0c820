import { strict as assert } from 'node:assert';
import { parse } from 'sdp-transform';
import { bridgeCodec } from '../../../lib/media/bridge-codec.ts';
import { bridgeSdp } from '../../../lib/media/bridge-sdp.ts';
import { A_LAW_TO_LINEAR, encodeALaw, encodeMuLaw, MU_LAW_TO_LINEAR } from '../../../lib/media/g711.ts';
import type { BridgeOptions } from '../../../lib/media/media.ts';
import { opusRests, opusTicks } from '../../../lib/media/opus-duration.ts';
import { SampleDecoder } from '../../../lib/media/sample-decoder.ts';

describe('codecs of the RTP side', () => {
  it('code every 16-bit value as the G.711 value next to it', () => {
    for (const [encode, linear] of [
      [encodeMuLaw, MU_LAW_TO_LINEAR],
      [encodeALaw, A_LAW_TO_LINEAR],
    ] as const) {
      const all = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);
      const codes = encode(all);
      const sorted = [...linear].toSorted((a, b) => a - b);
      let place = 0;
      for (const [index, value] of all.entries()) {
        while (
          place + 1 < sorted.length &&
          Math.abs((sorted[place + 1] as number) - value) <= Math.abs((sorted[place] as number) - value)
        )
          place += 1;
        const error = Math.abs((linear[codes[index] as number] as number) - value);
        assert.equal(error, Math.abs((sorted[place] as number) - value), `${value}`);
      }
    }
    // Silence, as every telephone sends it.
    assert.deepEqual([...encodeMuLaw(Int16Array.of(0))], [0xff]);
    assert.deepEqual([...encodeALaw(Int16Array.of(8, -8))], [0xd5, 0x55]);
  });

  it('keep L16 as it is, most significant byte first', () => {
    const { samples } = bridgeCodec({ codec: 'L16' });
    assert.deepEqual(samples?.encode(Int16Array.of(258, -2)), Buffer.from([1, 2, 0xff, 0xfe]));
    assert.deepEqual(samples?.decode(Buffer.from([1, 2, 0xff, 0xfe])), Int16Array.of(258, -2));
    assert.equal(samples?.length(Buffer.alloc(3)), undefined);
    assert.equal(samples?.length(Buffer.alloc(0)), undefined);
    assert.equal(samples?.length(Buffer.alloc(16_000 * 2)), undefined);
    assert.equal(samples?.length(Buffer.alloc(640)), 320);
  });

  it('are described so that a PBX understands them', () => {
    for (const [options, expected] of [
      [{}, [111, 'opus', 48_000]],
      [{ codec: 'PCMU' }, [0, 'PCMU', 8000]],
      [{ codec: 'PCMA' }, [8, 'PCMA', 8000]],
      [{ codec: 'L16', sampleRate: 8000, payloadType: 97 }, [97, 'L16', 8000]],
      [{ codec: 'L16' }, [96, 'L16', 16_000]],
    ] as [BridgeOptions, [number, string, number]][]) {
      const codec = bridgeCodec(options);
      const text = bridgeSdp({ address: '192.0.2.7', port: 4000 }, codec, { eventPayloadType: 101, rtcpMux: true });
      assert.ok(!/[^\r]\n/.test(text));
      const [media] = parse(text).media;
      assert.equal(media?.port, 4000);
      assert.equal(media?.payloads, `${expected[0]} 101`);
      assert.deepEqual([media?.rtp[0]?.payload, media?.rtp[0]?.codec, media?.rtp[0]?.rate], expected);
      assert.deepEqual([media?.rtp[1]?.codec, media?.rtp[1]?.rate], ['telephone-event', expected[2]]);
      assert.equal(media?.rtcpMux, 'rtcp-mux');
    }
    const plain = bridgeSdp({ address: '2001:db8::7', port: 4000 }, bridgeCodec({}), {});
    assert.match(plain, /c=IN IP6 2001:db8::7/);
    assert.doesNotMatch(plain, /telephone-event|rtcp-mux/);
  });

  it('are refused with a reason when they cannot be', () => {
    for (const options of [
      { codec: 'G729' },
      { codec: 'L16', sampleRate: 44_100 },
      { payloadType: 128 },
      { payloadType: 1.5 },
      { codec: 'PCMU', payloadType: 13 },
      { eventPayloadType: 200 },
      { codec: 'L16', payloadType: 101, eventPayloadType: 101 },
    ] as BridgeOptions[])
      assert.throws(() => bridgeCodec(options), { code: 'media_address_refused' }, JSON.stringify(options));
  });

  it('conceal a lost packet with the pitch of the voice, fading, and without a click', () => {
    const codec = bridgeCodec({ codec: 'L16', sampleRate: 8000 }).samples;
    if (!codec) throw new Error('no sample codec');
    const decoder = new SampleDecoder(codec);
    const tone = Int16Array.from({ length: 1600 }, (_, index) =>
      Math.round(8000 * Math.sin((2 * Math.PI * 200 * index) / 8000)),
    );
    for (let at = 0; at < 800; at += 160) decoder.decode(codec.encode(tone.subarray(at, at + 160)));
    const concealed = decoder.conceal(160);
    let product = 0;
    let energy = 0;
    for (let index = 0; index < 80; index += 1) {
      product += (concealed[index] as number) * (tone[800 + index] as number);
      energy += (tone[800 + index] as number) ** 2;
    }
    assert.ok(product / energy > 0.95, 'the tone goes on in phase');
    const next = decoder.decode(codec.encode(tone.subarray(960, 1120)));
    const steps = [...concealed.subarray(-20), ...next.subarray(0, 60)];
    assert.ok(steps.every((value, index) => index === 0 || Math.abs(value - (steps[index - 1] as number)) < 2500));
    const long = decoder.conceal(1600);
    assert.ok(
      long.subarray(-800).every((value) => value === 0),
      'and it ends',
    );
  });
});

describe('Opus packets', () => {
  it('say how long they last', () => {
    for (const [packet, ticks] of [
      [[0xf8, 0xff, 0xfe], 960],
      [[0x08, 1, 2], 960],
      [[0x18, 1], 2880],
      [[0x49, 1, 2], 1920],
      [[0x80, 1], 120],
      [[0xfb, 0x03, 1], 2880],
      [[0xfb, 0x3f, 1], undefined],
      [[0xfb], undefined],
      [[0xfb, 0x00], undefined],
      [[], undefined],
    ] as const)
      assert.equal(opusTicks(Uint8Array.from(packet)), ticks, `${packet}`);
  });

  it('are rests when they hold nothing', () => {
    assert.ok(opusRests(Uint8Array.of(0x48)));
    assert.equal(opusRests(Uint8Array.of(0xf8, 0xff, 0xfe)), false);
  });
});
