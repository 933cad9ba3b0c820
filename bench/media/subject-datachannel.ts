import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import datachannel, { type PeerConnection, type Track } from 'node-datachannel';
import { figures } from './figures.ts';
import { CODEC, type Connected, HEADER_BYTES, PAYLOAD_TYPE, serve, type ToSubject } from './protocol.ts';
import { bareTranscoder } from './transcoder.ts';

/** The same bridge on the native library: it does ICE, DTLS and SRTP, JavaScript rewrites headers and moves datagrams. */
const calls = new Map<number, { peer: PeerConnection; track: Track }>();

async function offer(call: number): Promise<string> {
  const peer = new datachannel.PeerConnection(`call ${call}`, { iceServers: [], bindAddress: '127.0.0.1' });
  const audio = new datachannel.Audio('0', 'SendRecv');
  audio.addOpusCodec(PAYLOAD_TYPE);
  audio.addSSRC(1000 + call, 'bench');
  const track = peer.addTrack(audio);
  const reporter = new datachannel.RtcpSrReporter(
    new datachannel.RtpPacketizationConfig(1000 + call, 'bench', PAYLOAD_TYPE, 48_000),
  );
  reporter.addToChain(new datachannel.RtcpReceivingSession());
  track.setMediaHandler(reporter);
  calls.set(call, { peer, track });
  const gathered = new Promise<void>((resolve) =>
    peer.onGatheringStateChange((state) => state === 'complete' && resolve()),
  );
  peer.setLocalDescription();
  await gathered;
  return peer.localDescription()?.sdp ?? '';
}

async function connect(call: number, answer: string, rtpPort: number): Promise<Connected> {
  const { peer, track } = calls.get(call) as { peer: PeerConnection; track: Track };
  const open = new Promise<void>((resolve) => track.onOpen(resolve));
  const begun = performance.now();
  peer.setRemoteDescription(answer, 'answer');
  await open;
  const ms = performance.now() - begun;
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const transcoder = CODEC === 'PCMU' ? await bareTranscoder() : undefined;
  const changed = (rtp: Buffer, payload: Buffer) => Buffer.concat([rtp.subarray(0, HEADER_BYTES), payload]);
  track.onMessage((packet) => {
    const rtp = Buffer.from(packet);
    if ((rtp[1] ?? 0) >= 192 && (rtp[1] ?? 0) <= 223) return;
    rewrite(rtp, 77_000 + call);
    const out = transcoder ? changed(rtp, transcoder.toPcmu(rtp.subarray(HEADER_BYTES))) : rtp;
    socket.send(out, rtpPort, '127.0.0.1');
  });
  socket.on('message', (rtp) => {
    rewrite(rtp, 1000 + call);
    const out = transcoder ? changed(rtp, transcoder.toOpus(rtp.subarray(HEADER_BYTES))) : rtp;
    if (track.isOpen()) track.sendMessageBinary(out);
  });
  return { port: socket.address().port, ms };
}

function rewrite(rtp: Buffer, ssrc: number): void {
  rtp[1] = ((rtp[1] ?? 0) & 0x80) | PAYLOAD_TYPE;
  rtp.writeUInt16BE((rtp.readUInt16BE(2) + 7) & 0xffff, 2);
  rtp.writeUInt32BE((rtp.readUInt32BE(4) + 9) >>> 0, 4);
  rtp.writeUInt32BE(ssrc, 8);
}

serve<ToSubject>((command) => {
  if (command.do === 'figures') return figures();
  if (command.do === 'offer') return offer(command.call);
  return command.do === 'connect' ? connect(command.call, command.answer, command.rtpPort) : undefined;
});
