import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** Stands between a leg and its peer on UDP and loses packets of sound on the way to the leg; handshake, checks and reports pass. */
export class LossyProxy {
  readonly port: number;
  /** Packets of sound that came, and how many of them went no further. */
  seen = 0;
  lost = 0;
  readonly #front: Socket;
  readonly #back: Socket;

  private constructor(front: Socket, back: Socket, peerPort: number, loses: (index: number) => boolean) {
    this.#front = front;
    this.#back = back;
    this.port = front.address().port;
    let legPort: number | undefined;
    front.on('message', (data, from) => {
      legPort = from.port;
      back.send(data, peerPort, '127.0.0.1');
    });
    back.on('message', (data) => {
      if (legPort === undefined) return;
      // SRTP begins with 10 in its first two bits; 192 to 223 in the second byte is RTCP (RFC 7983 §7, RFC 5761 §4).
      const sound = (data[0] ?? 0) >> 6 === 2 && !((data[1] ?? 0) >= 192 && (data[1] ?? 0) <= 223);
      if (sound) {
        this.seen += 1;
        if (loses(this.seen)) {
          this.lost += 1;
          return;
        }
      }
      front.send(data, legPort, '127.0.0.1');
    });
  }

  /** @param loses whether the packet of sound with that number, counted from 1, is lost */
  static async open(peerPort: number, loses: (index: number) => boolean): Promise<LossyProxy> {
    const open = async () => {
      const socket = createSocket('udp4').bind(0, '127.0.0.1');
      await once(socket, 'listening');
      return socket;
    };
    return new LossyProxy(await open(), await open(), peerPort, loses);
  }

  close(): void {
    this.#front.close();
    this.#back.close();
  }
}
