import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What crossed together: the statements, and whether the server was in a transaction after them (`I` idle, `T` in one, `E` in a failed one). */
export interface Trip {
  statements: string[];
  state: string;
}
/**
 * What becomes of a round trip that the server has answered. `between`: the answer arrives, and with it the news that the
 * connection is over, so that the next round trip cannot go over it. `unanswered`: nobody hears what the server has done.
 */
export type Fate = 'pass' | 'between' | 'unanswered';
type Decide = (trip: Trip) => Fate | Promise<Fate>;

const SYNC = 0x53;
const QUERY = 0x51;
const PARSE = 0x50;
const READY = 0x5a;

/** A network between a client and a PostgreSQL server that knows where a round trip ends, and may end there itself. */
export class TripWire {
  readonly port: number;
  /** Decides about every round trip; may be exchanged at any time. */
  onTrip: Decide = () => 'pass';
  /** What arrives of an answer, byte for byte if left alone; of the same length. */
  rewrite: (answer: Buffer) => Buffer = (answer) => answer;
  /** New connections wait for this. */
  gate: Promise<unknown> = Promise.resolve();
  readonly #sockets: Set<Socket>;
  readonly #close: () => void;

  private constructor(port: number, sockets: Set<Socket>, close: () => void) {
    this.port = port;
    this.#sockets = sockets;
    this.#close = close;
  }

  /** @param target port on 127.0.0.1 */
  static async to(target: number): Promise<TripWire> {
    const sockets = new Set<Socket>();
    const keep = (socket: Socket): Socket => {
      sockets.add(socket);
      return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    };
    const server = createServer((client) => {
      keep(client).pause();
      void wire.gate.then(() => join(client, keep(connect(target, '127.0.0.1')), wire));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const wire = new TripWire(port, sockets, () => server.close());
    return wire;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#close();
  }
}

function join(client: Socket, server: Socket, wire: TripWire): void {
  const asked = new Messages(1);
  const answered = new Messages(0);
  let statements: string[] = [];
  /** Requests that the server has not answered yet: the first is to be let in. */
  let open = 1;
  let greeted = false;
  const held: Buffer[] = [];
  client.on('data', (data: Buffer) => {
    for (const message of asked.of(data)) {
      if (message[0] === QUERY || message[0] === SYNC) open++;
      if (message[0] === QUERY) statements.push(message.toString('utf8', 5, message.length - 1));
      if (message[0] === PARSE)
        statements.push(message.toString('utf8', message.indexOf(0, 5) + 1).split('\0')[0] ?? '');
    }
    server.write(data);
  });
  server.on('data', (data: Buffer) => {
    held.push(data);
    let state = '';
    for (const message of answered.of(data)) {
      if (message[0] !== READY) continue;
      open--;
      state = String.fromCharCode(message[5] ?? 0);
    }
    if (greeted && open > 0) return;
    const answer = Buffer.concat(held.splice(0));
    if (!greeted || state === '') {
      greeted ||= open === 0;
      client.write(answer);
      return;
    }
    const trip = { statements, state };
    statements = [];
    void Promise.resolve(wire.onTrip(trip)).then((fate) => {
      if (fate === 'pass') {
        client.write(wire.rewrite(answer));
        return;
      }
      // As the server sees it: the client is gone, and what was not committed is taken back.
      server.destroy();
      if (fate === 'unanswered') client.destroy();
      else client.end(Buffer.concat([answer, OVER]));
    });
  });
  client.on('close', () => server.destroy());
  server.on('close', () => client.end());
  client.resume();
}

/** Cuts a stream of bytes into the messages of the protocol. */
class Messages {
  #rest = Buffer.alloc(0);
  /** How many messages at the beginning have no letter in front. */
  #bare: number;
  constructor(bare: number) {
    this.#bare = bare;
  }
  *of(data: Buffer): Generator<Buffer> {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (;;) {
      const letter = this.#bare > 0 ? 0 : 1;
      if (this.#rest.length < letter + 4) return;
      const end = this.#rest.readUInt32BE(letter) + letter;
      if (this.#rest.length < end) return;
      const message = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end);
      if (letter === 0) this.#bare--;
      else yield message;
    }
  }
}

/** An ErrorResponse of PostgreSQL: letters of fields, each text ended by NUL. */
export function errorResponse(severity: string, sqlState: string, text: string): Buffer {
  const fields = Buffer.from(`S${severity}\0V${severity}\0C${sqlState}\0M${text}\0\0`);
  const head = Buffer.from([0x45, 0, 0, 0, 0]);
  head.writeUInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

const OVER = errorResponse('FATAL', '57P01', 'terminating connection due to administrator command');
