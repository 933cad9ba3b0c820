import { WebRtcTransport } from '../../lib/media/webrtc-transport.ts';
import { damaged, type Kind, type Outcome } from './kind.ts';
import { any, noise, numbersOf, pick } from './packets.ts';

const ATTRIBUTES = [
  0x0001, 0x0006, 0x0008, 0x0009, 0x0014, 0x0015, 0x0020, 0x0024, 0x0025, 0x8022, 0x8028, 0x8029, 0x802a, 0x7777,
];

/** A STUN message with any attributes: request, response, error, indication; unsigned, as a stranger's would be. */
function goodStun(next: () => number): Buffer {
  const attributes = Array.from({ length: any(next, 8) }, () => {
    const length = pick(next, [0, 1, 4, 8, 8, 20, 20, 33]);
    const body = noise(next, 4 + Math.ceil(length / 4) * 4);
    body.writeUInt16BE(pick(next, ATTRIBUTES), 0);
    body.writeUInt16BE(length, 2);
    return body;
  });
  const body = Buffer.concat(attributes);
  const header = noise(next, 20);
  header.writeUInt16BE(pick(next, [0x0001, 0x0001, 0x0101, 0x0111, 0x0011, 0x0003, 0x0004]), 0);
  header.writeUInt16BE(body.length, 2);
  header.writeUInt32BE(0x2112_a442, 4);
  return Buffer.concat([header, body]);
}

/** STUN, DTLS and noise on the socket of a leg that waits for its answer: nothing of it may be answered. */
export const stun: Kind = async (seed) => {
  const quiet = { packet: () => undefined, rtcp: () => undefined, state: () => undefined };
  const transport = await WebRtcTransport.create({ bindAddress: '127.0.0.1' }, quiet);
  await transport.gather('controlling');
  const [protocol] = transport.protocols;
  if (!protocol) throw new Error('no socket');
  let sent = 0;
  protocol.transport.send = async () => {
    sent += 1;
  };
  return {
    one(index): Outcome {
      const next = numbersOf(seed, index);
      const how = next();
      const data =
        how < 0.05
          ? noise(next, any(next, 300))
          : how < 0.1
            ? Buffer.concat([Buffer.from([pick(next, [20, 21, 22, 23]), 0xfe, 0xfd]), noise(next, any(next, 120))])
            : how < 0.3
              ? goodStun(next)
              : damaged(goodStun(next), next);
      const before = transport.strangers;
      try {
        protocol.datagramReceived(data, ['198.51.100.7', 1 + any(next, 65_535)]);
      } catch (error) {
        return { fault: String(error) };
      }
      if (sent > 0) return { fault: 'an answer to a stranger' };
      return transport.strangers > before ? 'taken' : 'refused';
    },
    close: () => transport.close(),
  };
};
