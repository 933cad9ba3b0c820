import type { RTCPeerConnection, RtpPacket } from 'werift';
import { dropRepeats } from '../../../lib/media/handshake-repeats.ts';
import type { Leg, LegState } from '../../../lib/media/media.ts';

/** Plays Meta's media relay: ICE-lite, one Opus stream, either DTLS role. Lives in the test's own thread. */
export interface FakeMeta {
  peer: RTCPeerConnection;
  answer: string;
  packets: RtpPacket[];
  connected: Promise<void>;
  send(packet: {
    payloadType?: number;
    sequenceNumber: number;
    timestamp: number;
    payload: Buffer;
    marker?: boolean;
    ssrc?: number;
  }): void;
  /** Sends a compound RTCP packet as it is. */
  control(compound: Buffer): void;
  close(): Promise<void>;
}

export async function loopbackPeer(iceLite: boolean) {
  const { RTCPeerConnection, RTCRtpCodecParameters } = await import('werift');
  return new RTCPeerConnection({
    iceLite,
    iceServers: [],
    iceUseIpv4: false,
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1'],
    iceInterfaceAddresses: { udp4: '127.0.0.1' },
    codecs: {
      audio: [
        new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType: 111 }),
        new RTCRtpCodecParameters({
          mimeType: 'audio/telephone-event',
          clockRate: 8000,
          channels: 1,
          payloadType: 126,
        }),
      ],
    },
  });
}

/** Closes a peer, and ends a handshake that it has not finished: the library would repeat it for half a minute. */
export async function closePeer(peer: Awaited<ReturnType<typeof loopbackPeer>>): Promise<void> {
  for (const transport of peer.dtlsTransports) {
    const handshake = transport.dtls?.dtls;
    if (handshake) handshake.flight = handshake.flight === 0 ? 1 : Number.MAX_SAFE_INTEGER;
  }
  await peer.close();
}

export function reaches(leg: Leg, wanted: LegState): Promise<void> {
  if (leg.state() === wanted) return Promise.resolve();
  return new Promise((resolve) => {
    const off = leg.on('state', (state) => {
      if (state !== wanted) return;
      off();
      resolve();
    });
  });
}

/** Answers an offer as Meta would, with the DTLS role that is asked for. */
export async function answerAsMeta(offer: string, setup: 'active' | 'passive'): Promise<FakeMeta> {
  const werift = await import('werift');
  const peer = await loopbackPeer(true);
  peer.addTransceiver('audio', { direction: 'sendrecv' });
  await peer.setRemoteDescription({ type: 'offer', sdp: offer });
  await peer.setLocalDescription(await peer.createAnswer());
  const packets: RtpPacket[] = [];
  const dtls = peer.dtlsTransports[0];
  if (!dtls) throw new Error('no transport');
  // The library always answers active; the handshake begins later, so the other role can still be taken.
  if (setup === 'passive') dtls.role = 'server';
  // The library alone loses the handshake when a busy machine makes our side greet twice.
  const start = dtls.start.bind(dtls);
  dtls.start = () => {
    const started = start();
    dropRepeats(dtls);
    return started;
  };
  dtls.onRtp.subscribe((packet) => packets.push(packet));
  const connected = new Promise<void>((resolve) => {
    dtls.onStateChange.subscribe((state) => state === 'connected' && resolve());
  });
  return {
    peer,
    answer: (peer.localDescription?.sdp ?? '').replace('a=setup:active', `a=setup:${setup}`),
    packets,
    connected,
    send({ payloadType = 111, sequenceNumber, timestamp, payload, marker = false, ssrc = 4321 }) {
      void dtls.sendRtp(payload, new werift.RtpHeader({ payloadType, sequenceNumber, timestamp, ssrc, marker }));
    },
    control: (compound) => void dtls.sendRtcp([{ serialize: () => compound } as never]),
    close: () => closePeer(peer),
  };
}
