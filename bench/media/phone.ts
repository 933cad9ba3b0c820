import { readSdp } from '../../lib/media/sdp-reader.ts';
import { writeSdp } from '../../lib/media/sdp-writer.ts';
import { AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80 } from '../../lib/media/srtp/srtp-stream.ts';
import { WebRtcTransport } from '../../lib/media/webrtc-transport.ts';
import { HEADER_BYTES, PAYLOAD_TYPE } from './protocol.ts';

/** How media are protected: the parent says it. */
const PROFILES = [process.env.BENCH_SRTP === 'cm' ? AES_CM_128_HMAC_SHA1_80 : AEAD_AES_128_GCM] as const;

/** The person's end of one call. */
export interface Phone {
  answer: string;
  /** Sends one RTP packet, as soon as it is connected. */
  send(packet: Buffer): void;
}

/**
 * Answers an offer. Our own transport, because it is the cheapest there is here, and connects with every subject every time; two ends of
 * node-datachannel sometimes wait for each other for ever (measured 2026-11-21).
 */
export async function phone(offer: string, ssrc: number, heard: (payload: Buffer) => void): Promise<Phone> {
  const remote = readSdp(offer);
  let connected = false;
  const transport = await WebRtcTransport.create(
    { bindAddress: '127.0.0.1', allowLoopback: true },
    {
      packet: ({ payload }) => heard(payload),
      rtcp: () => undefined,
      state: (state) => {
        connected = state === 'connected';
      },
    },
    PROFILES,
  );
  const answer = writeSdp({
    ...(await transport.gather('controlled')),
    ...{ sessionId: '1', setup: 'active', mid: remote.mid, bundled: remote.bundled },
    ...{ opusPayloadType: PAYLOAD_TYPE, eventPayloadType: 126, ssrc, cname: 'far' },
  });
  transport.connect(remote, 'client').catch((error: unknown) => console.error('A far end did not connect:', error));
  return {
    answer,
    send: (packet) => {
      if (!connected) return;
      const payload = packet.subarray(HEADER_BYTES);
      transport.send(PAYLOAD_TYPE, packet.readUInt16BE(2), packet.readUInt32BE(4), ssrc, false, payload);
    },
  };
}
