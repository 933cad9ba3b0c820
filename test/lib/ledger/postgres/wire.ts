import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A network between a client and a server, which can be cut. */
export class Wire {
  readonly port: number;
  readonly #sockets: Set<Socket>;
  readonly #close: () => void;

  private constructor(port: number, sockets: Set<Socket>, close: () => void) {
    this.port = port;
    this.#sockets = sockets;
    this.#close = close;
  }

  /** @param target port on 127.0.0.1 */
  static async to(target: number): Promise<Wire> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      const other = connect(target, '127.0.0.1');
      for (const [from, into] of [
        [socket, other],
        [other, socket],
      ] as const) {
        sockets.add(from);
        from.on('data', (data) => into.write(data));
        from.on('error', () => undefined);
        from.on('close', () => {
          sockets.delete(from);
          into.destroy();
        });
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return new Wire(port, sockets, () => server.close());
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#close();
  }
}
