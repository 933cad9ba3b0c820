import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type RTCPeerConnection, RtpPacket } from 'werift';
import { loopbackPeer } from '../../test/lib/media/fake-meta.ts';
import { figures } from './figures.ts';
import { CODEC, HEADER_BYTES, PAYLOAD_TYPE, serve, type ToSubject } from './protocol.ts';
import { bareTranscoder } from './transcoder.ts';

/** The same bridge as the library's own documentation has it: peer connection, track and sender. */
const calls = new Map<number, RTCPeerConnection>();

async function offer(call: number): Promise<string> {
  const peer = await loopbackPeer(false);
  calls.set(call, peer);
  peer.addTransceiver('audio', { direction: 'sendrecv' });
  await peer.setLocalDescription(await peer.createOffer());
  return peer.localDescription?.sdp ?? '';
}

async function connect(call: number, answer: string, rtpPort: number) {
  const peer = calls.get(call) as RTCPeerConnection;
  const [transceiver] = peer.getTransceivers();
  if (!transceiver) throw new Error('no transceiver');
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const transcoder = CODEC === 'PCMU' ? await bareTranscoder() : undefined;
  peer.onTrack.subscribe((track) => {
    track.onReceiveRtp.subscribe((packet) => {
      const out = packet.clone();
      out.header.ssrc = 77_000 + call;
      out.header.payloadType = PAYLOAD_TYPE;
      if (transcoder) out.payload = transcoder.toPcmu(out.payload);
      socket.send(out.serialize(), rtpPort, '127.0.0.1');
    });
  });
  const begun = performance.now();
  const connected = new Promise<void>((resolve) =>
    peer.connectionStateChange.subscribe((state) => state === 'connected' && resolve()),
  );
  await peer.setRemoteDescription({ type: 'answer', sdp: answer });
  if (peer.connectionState !== 'connected') await connected;
  const ms = performance.now() - begun;
  socket.on('message', (data) => {
    const packet = RtpPacket.deSerialize(data);
    if (transcoder) packet.payload = transcoder.toOpus(data.subarray(HEADER_BYTES));
    void transceiver.sender.sendRtp(packet);
  });
  return { port: socket.address().port, ms };
}

serve<ToSubject>((command) => {
  if (command.do === 'figures') return figures();
  if (command.do === 'offer') return offer(command.call);
  return command.do === 'connect' ? connect(command.call, command.answer, command.rtpPort) : undefined;
});
