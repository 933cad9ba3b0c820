import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { depart } from './departures.ts';

/** Takes a datagram of media. Must not throw. */
export type MediaListener = (data: Buffer) => void;

/** STUN, DTLS and media share a port and are told apart by their first byte (RFC 7983 §7). */
const MEDIA_FROM = 128;
const MEDIA_TO = 191;

export interface IceSocketOptions {
  /** Every network address of the machine, if left out. */
  address?: string;
  portRange?: [number, number];
}

/** Only numeric addresses come here from the connectivity checks; answering at once saves a turn of the event loop per packet. */
const instantly: typeof lookup = ((host: string, options: object, found: (...args: unknown[]) => void) => {
  const family = isIP(host);
  if (family > 0) found(null, host, family);
  else lookup(host, options, found as never);
}) as never;

async function bind(family: 4 | 6, port: number, address: string | undefined): Promise<Socket> {
  const socket = createSocket({ type: `udp${family}`, lookup: instantly });
  // Before binding, which with such a look-up may be done at once.
  const listening = once(socket, 'listening');
  try {
    socket.bind({ port, exclusive: true, ...(address === undefined ? {} : { address }) });
    await listening;
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** A port of the range. Not always the lowest: late packets of a call that has just ended should not meet the next one. */
async function bindInRange(family: 4 | 6, [low, high]: [number, number], address: string | undefined): Promise<Socket> {
  const count = high - low + 1;
  const first = Math.floor(Math.random() * count);
  for (let attempt = 0; ; attempt += 1)
    try {
      return await bind(family, low + ((first + attempt) % count), address);
    } catch (error) {
      if (attempt >= count - 1) throw error;
    }
}

/**
 * The UDP socket of one network address, in the shape that the library's ICE wants, with a way past the library for media: the library looks at every
 * datagram as STUN first, and sends through three promises. Handshake and checks still go through it.
 */
export class IceSocket {
  readonly type = 'udp';
  readonly socket: Socket;
  readonly addressFamily: 4 | 6;
  closed = false;
  /** For everything that is no media: the library's. */
  onData: (data: Buffer, address: [string, number]) => void = () => undefined;
  readonly #address: ReturnType<Socket['address']>;

  private constructor(socket: Socket, family: 4 | 6, media: MediaListener) {
    this.socket = socket;
    this.addressFamily = family;
    this.#address = socket.address();
    socket.on('message', (data, from) => {
      const first = data[0] as number;
      if (first >= MEDIA_FROM && first <= MEDIA_TO) media(data);
      else this.#hand(data, from);
    });
    // What the network reports about single packets is no reason to end the call: checks and consent notice it.
    socket.on('error', () => undefined);
  }

  /** @throws Error of the system when there is no such address, or no free port */
  static async open(family: 4 | 6, { address, portRange }: IceSocketOptions, media: MediaListener): Promise<IceSocket> {
    const socket = await (portRange ? bindInRange(family, portRange, address) : bind(family, 0, address));
    return new IceSocket(socket, family, media);
  }

  get address(): ReturnType<Socket['address']> {
    return this.#address;
  }

  get host(): string {
    return this.#address.address;
  }

  get port(): number {
    return this.#address.port;
  }

  /** The library's way of sending. */
  readonly send = async (data: Buffer, address?: [string, number]): Promise<void> => {
    if (address) this.sendNow(data, address);
  };

  /** Sends a datagram. The buffer must not be changed afterwards: a busy network may still hold it. */
  sendNow(data: Buffer, [host, port]: readonly [string, number]): void {
    if (!this.closed) depart(this.socket, data, port, host);
  }

  readonly close = (): Promise<void> => {
    if (this.closed) return Promise.resolve();
    this.closed = true;
    return new Promise((resolve) => this.socket.close(() => resolve()));
  };

  #hand(data: Buffer, { address, port }: { address: string; port: number }): void {
    // A link-local address comes with its interface, which is no part of it.
    const scope = this.addressFamily === 6 ? address.indexOf('%') : -1;
    try {
      this.onData(data, [scope < 0 ? address : address.slice(0, scope), port]);
    } catch {
      // Anybody may send what the library stumbles over; it must not end the call.
    }
  }
}
