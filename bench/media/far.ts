import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isRtcp } from '../../lib/media/rtp-datagram.ts';
import { figures } from './figures.ts';
import { type Phone, phone } from './phone.ts';
import { CODEC, type FarResult, HEADER_BYTES, PAYLOAD_BYTES, PAYLOAD_TYPE, serve, type ToFar } from './protocol.ts';
import { seal, unseal } from './sealed.ts';
import { speechFrames } from './speech.ts';

/** All phones and all RTP peers in one process, so that a packet's way through the subject is timed by one clock. */
interface Call {
  phone?: Phone;
  sendAsPerson(packet: Buffer): void;
  rtp: Socket;
  rtpPort: number;
  packets: number;
}

const SLOTS = 4;
const calls: Call[] = [];
let measuring = false;
let sent = 0;
let latencies: { out: number[]; in: number[] } = { out: [], in: [] };
/** How late the far end itself was, ms: what it adds to the latencies. */
let late: number[] = [];
let cpuUs = 0;
let markedAt = 0;
let timer: NodeJS.Timeout | undefined;
/** Real speech, where somebody has to decode it; then packets are counted, but cannot be timed. */
let speech: Awaited<ReturnType<typeof speechFrames>> | undefined;
let counted = 0;

async function open(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** A packet, or its payload, has come through: its end says when it left and whether it counts. */
function arrived(packet: Buffer, way: 'out' | 'in'): void {
  if (speech) {
    if (measuring) counted += 1;
    return;
  }
  const at = packet.length - PAYLOAD_BYTES;
  if (at < 0 || packet[at] !== 0x48 || packet[at + 1] !== 0xbe || packet[at + 2] !== 1) return;
  latencies[way].push(performance.now() - packet.readDoubleBE(at + 8));
}

function makePacket(call: number, count: number): Buffer {
  const packet = Buffer.alloc(HEADER_BYTES + PAYLOAD_BYTES, 0x5a);
  packet[0] = 0x80;
  packet[1] = PAYLOAD_TYPE;
  packet.writeUInt16BE(count & 0xffff, 2);
  packet.writeUInt32BE((count * 960) >>> 0, 4);
  packet.writeUInt32BE(50_000 + call, 8);
  packet[HEADER_BYTES] = 0x48;
  packet[HEADER_BYTES + 1] = 0xbe;
  packet[HEADER_BYTES + 2] = measuring ? 1 : 0;
  packet.writeDoubleBE(performance.now(), HEADER_BYTES + 8);
  return packet;
}

function speechPacket(call: number, count: number, way: 'out' | 'in'): Buffer {
  const { opus = [], pcmu = [] } = speech ?? {};
  const payload = (way === 'out' ? opus : pcmu)[(count + call * 7) % opus.length] as Buffer;
  const packet = Buffer.concat([makePacket(call, count).subarray(0, HEADER_BYTES), payload]);
  if (way === 'in') {
    packet[1] = 0;
    packet.writeUInt32BE((count * 160) >>> 0, 4);
  }
  return packet;
}

async function answerFloor(call: number, port: number): Promise<string> {
  const socket = await open();
  socket.on('message', (packet) => arrived(unseal(packet), 'in'));
  (calls[call] as Call).sendAsPerson = (packet) => socket.send(seal(packet), port, '127.0.0.1');
  return String(socket.address().port);
}

async function answerOffer(call: number, offer: string): Promise<string> {
  const own = calls[call] as Call;
  own.phone = await phone(offer, 50_000 + call, (payload) => arrived(payload, 'in'));
  own.sendAsPerson = own.phone.send;
  return own.phone.answer;
}

/** 50 packets a second and direction per call, in four groups, every deadline counted from the first. */
function begin(): void {
  const start = performance.now();
  let step = 0;
  const run = () => {
    if (measuring) late.push(performance.now() - start - step * (20 / SLOTS));
    for (; start + step * (20 / SLOTS) <= performance.now(); step += 1) {
      for (let index = step % SLOTS; index < calls.length; index += SLOTS) {
        const call = calls[index] as Call;
        call.packets += 1;
        if (measuring) sent += 2;
        const packet = (way: 'out' | 'in') =>
          speech ? speechPacket(index, call.packets, way) : makePacket(index, call.packets);
        call.sendAsPerson(packet('out'));
        if (call.rtpPort > 0) call.rtp.send(packet('in'), call.rtpPort, '127.0.0.1');
      }
    }
    timer = setTimeout(run, Math.max(0, start + step * (20 / SLOTS) - performance.now()));
  };
  run();
}

function quantiles(values: number[]): { p50: number; p99: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const pick = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: pick(0.5), p99: pick(0.99) };
}

async function end(): Promise<FarResult> {
  measuring = false;
  const cpu = (figures().cpuUs - cpuUs) / 10 / (performance.now() - markedAt);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  clearTimeout(timer);
  const received = speech ? counted : latencies.out.length + latencies.in.length;
  return { sent, received, out: quantiles(latencies.out), in: quantiles(latencies.in), cpu, late: quantiles(late).p99 };
}

serve<ToFar>(async (command) => {
  switch (command.do) {
    case 'answer': {
      if (CODEC === 'PCMU') speech ??= await speechFrames();
      const rtp = await open();
      rtp.on('message', (packet) => {
        if (!isRtcp(packet)) arrived(packet, 'out');
      });
      calls[command.call] = { rtp, rtpPort: 0, packets: 0, sendAsPerson: () => undefined };
      const { call, kind, offer } = command;
      const answer =
        kind === 'codec' ? '' : await (kind === 'floor' ? answerFloor(call, Number(offer)) : answerOffer(call, offer));
      return { answer, rtpPort: rtp.address().port };
    }
    case 'aim':
      (calls[command.call] as Call).rtpPort = command.port;
      return undefined;
    case 'begin':
      return begin();
    case 'mark':
      measuring = true;
      counted = 0;
      latencies = { out: [], in: [] };
      late = [];
      cpuUs = figures().cpuUs;
      markedAt = performance.now();
      return undefined;
    case 'end':
      return end();
  }
});
