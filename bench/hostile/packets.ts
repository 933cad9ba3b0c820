import { numbers } from './kind.ts';

type Next = () => number;

export const any = (next: Next, below: number): number => Math.floor(next() * below);
export const pick = <T>(next: Next, values: readonly T[]): T => values[any(next, values.length)] as T;
export const noise = (next: Next, length: number): Buffer => Buffer.from(Array.from({ length }, () => any(next, 256)));

/** The numbers of a case. */
export const numbersOf = (seed: number, index: number): Next => numbers(Math.imul(seed, 0x9e37_79b1) ^ index);

/** A sound RTP packet with contributing sources, an extension and padding, now and then. */
export function goodRtp(next: Next): Buffer {
  const sources = next() < 0.2 ? any(next, 16) : 0;
  const extension = next() < 0.3 ? 4 * (1 + any(next, 4)) : 0;
  const padding = next() < 0.2 ? 1 + any(next, 8) : 0;
  const header = noise(next, 12 + sources * 4);
  header[0] = 0x80 | (padding ? 0x20 : 0) | (extension ? 0x10 : 0) | sources;
  header[1] = pick(next, [0, 8, 13, 96, 101, 111, 126]) | (next() < 0.1 ? 0x80 : 0);
  header.writeUInt16BE(any(next, 50), 2);
  header.writeUInt32BE(any(next, 4) * 960, 4);
  header.writeUInt32BE(any(next, 3), 8);
  const parts = [header];
  if (extension) {
    const head = noise(next, 4 + extension);
    head.writeUInt16BE(next() < 0.7 ? 0xbede : 0x1000, 0);
    head.writeUInt16BE(extension / 4, 2);
    parts.push(head);
  }
  parts.push(noise(next, pick(next, [0, 1, 4, 20, 80, 160])));
  if (padding) parts.push(Buffer.concat([Buffer.alloc(padding - 1), Buffer.from([padding])]));
  return Buffer.concat(parts);
}

/** A compound of RTCP packets of any kind, also such that nobody knows. */
export function goodRtcp(next: Next): Buffer {
  const packets = Array.from({ length: 1 + any(next, 4) }, () => {
    const type = pick(next, [200, 201, 202, 203, 204, 205, 206, 207, 192, 223]);
    const count = type === 203 ? any(next, 4) : any(next, 3);
    const words = type === 200 ? 6 + count * 6 : type === 201 ? 1 + count * 6 : type === 203 ? count : 1 + any(next, 8);
    const packet = noise(next, 4 + words * 4);
    packet[0] = 0x80 | count;
    packet[1] = type;
    packet.writeUInt16BE(words, 2);
    return packet;
  });
  return Buffer.concat(packets);
}
