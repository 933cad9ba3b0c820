import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import pg from 'pg';

/**
 * A pooler in transaction mode, as small as it can be: every client connection has a name of its own, and its transactions run
 * on whichever server connection is free. What a client leaves behind on a server connection is there for the next one.
 */
export class TransactionPooler {
  readonly port: number;
  readonly #close: () => Promise<void>;
  /** Transactions that ran on another server connection than the one before of the same client. */
  switches: () => number;

  private constructor(port: number, close: () => Promise<void>, switches: () => number) {
    this.port = port;
    this.#close = close;
    this.switches = switches;
  }

  /** @param url of the server, with its password; clients may come without one */
  static async start(url: string, size: number): Promise<TransactionPooler> {
    const backends = await Promise.all(Array.from({ length: size }, () => Backend.open(url)));
    const waiting: ((backend: Backend) => void)[] = [];
    const free = [...backends];
    const sockets = new Set<Socket>();
    let switches = 0;
    const acquire = (last: Backend | undefined): Promise<Backend> => {
      // On purpose not the one before, if there is another.
      const other = free.findIndex((backend) => backend !== last);
      const [found] = free.splice(Math.max(0, other), 1);
      return found === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(found);
    };
    const release = (backend: Backend): void => {
      const next = waiting.shift();
      if (next === undefined) free.push(backend);
      else next(backend);
    };
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => undefined);
      serve(socket, acquire, release, () => {
        switches += 1;
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const close = async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      server.close();
      for (const backend of backends) backend.end();
    };
    return new TransactionPooler(port, close, () => switches);
  }

  close(): Promise<void> {
    return this.#close();
  }
}

/** A server connection, logged in with the help of the real client, and then spoken to in bytes. */
class Backend {
  readonly #socket: Socket;
  onData: (data: Buffer) => void = () => undefined;
  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data: Buffer) => this.onData(data));
    socket.on('error', () => undefined);
  }
  static async open(url: string): Promise<Backend> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
    stream.removeAllListeners('data');
    return new Backend(stream);
  }
  write(data: Buffer): void {
    this.#socket.write(data);
  }
  end(): void {
    this.#socket.destroy();
  }
}

function serve(
  socket: Socket,
  acquire: (last: Backend | undefined) => Promise<Backend>,
  release: (backend: Backend) => void,
  onSwitch: () => void,
): void {
  let input = Buffer.alloc(0);
  let started = false;
  let backend: Backend | undefined;
  let last: Backend | undefined;
  let acquiring = false;
  /** Requests to the server that are not answered with ReadyForQuery yet. */
  let open = 0;
  let answer = Buffer.alloc(0);
  const pump = async (): Promise<void> => {
    if (acquiring) return;
    for (;;) {
      if (!started) {
        if (input.length < 4 || input.length < input.readUInt32BE(0)) return;
        input = input.subarray(input.readUInt32BE(0));
        started = true;
        // AuthenticationOk, a made-up BackendKeyData, ReadyForQuery.
        const key = Buffer.from([0x4b, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 2]);
        socket.write(
          Buffer.concat([Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]), key, Buffer.from([0x5a, 0, 0, 0, 5, 0x49])]),
        );
      }
      if (input.length < 5 || input.length < input.readUInt32BE(1) + 1) return;
      const end = input.readUInt32BE(1) + 1;
      const message = input.subarray(0, end);
      if (message[0] === 0x58) return void socket.end();
      if (backend === undefined) {
        acquiring = true;
        backend = await acquire(last);
        acquiring = false;
        if (last !== undefined && last !== backend) onSwitch();
        last = backend;
        backend.onData = hear;
      }
      input = input.subarray(end);
      // Query and Sync are answered with ReadyForQuery.
      if (message[0] === 0x51 || message[0] === 0x53) open += 1;
      backend.write(message);
    }
  };
  const hear = (data: Buffer): void => {
    socket.write(data);
    answer = Buffer.concat([answer, data]);
    while (answer.length >= 5 && answer.length >= answer.readUInt32BE(1) + 1) {
      const end = answer.readUInt32BE(1) + 1;
      if (answer[0] === 0x5a) {
        open -= 1;
        const idle = answer[5] === 0x49;
        if (idle && open === 0 && backend !== undefined) {
          const done = backend;
          backend = undefined;
          done.onData = () => undefined;
          release(done);
        }
      }
      answer = answer.subarray(end);
    }
  };
  socket.on('data', (data: Buffer) => {
    input = Buffer.concat([input, data]);
    void pump();
  });
  socket.on('close', () => {
    if (backend === undefined) return;
    // Whatever was under way is taken back, as a pooler does.
    const left = backend;
    left.onData = (data) => {
      if (data.includes(Buffer.from([0x5a, 0, 0, 0, 5, 0x49]))) {
        left.onData = () => undefined;
        release(left);
      }
    };
    left.write(Buffer.from('Q\0\0\0\x0dROLLBACK\0', 'latin1'));
  });
}
