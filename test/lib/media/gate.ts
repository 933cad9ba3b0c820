import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

async function opened(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** A firewall before a far side: lets only datagrams of certain ports through, and back to them. */
export class Gate {
  /** Datagrams that were turned away. */
  refused = 0;
  readonly #front: Socket;
  readonly #passes: (port: number) => boolean;
  /** One socket per guest, as a NAT has. */
  readonly #guests = new Map<number, Promise<Socket>>();

  private constructor(front: Socket, passes: (port: number) => boolean) {
    this.#front = front;
    this.#passes = passes;
  }

  /** @param passes may a datagram from that port go through? */
  static async open(passes: (port: number) => boolean): Promise<Gate> {
    return new Gate(await opened(), passes);
  }

  /** Puts itself before the only address of an answer. */
  before(answer: string): string {
    const peer = Number(/a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+)/i.exec(answer)?.[1]);
    this.#front.on('message', (data, { port }) => {
      if (!this.#passes(port)) {
        this.refused += 1;
        return;
      }
      const guest = this.#guests.get(port) ?? this.#enter(port);
      this.#guests.set(port, guest);
      void guest.then((socket) => socket.send(data, peer, '127.0.0.1'));
    });
    return answer.replaceAll(` 127.0.0.1 ${peer} `, ` 127.0.0.1 ${this.#front.address().port} `);
  }

  async #enter(port: number): Promise<Socket> {
    const socket = await opened();
    socket.on('message', (data) => this.#front.send(data, port, '127.0.0.1'));
    return socket;
  }

  close(): void {
    this.#front.close();
    for (const guest of this.#guests.values()) void guest.then((socket) => socket.close());
  }
}
