import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** The value that proves a handshake (RFC 6455 §1.3). */
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** One connection of a stream, as the agent sees it. */
export class AgentConnection {
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  /** Control messages, in order, and sound. */
  readonly messages: Record<string, unknown>[] = [];
  sound = Buffer.alloc(0);
  closed = false;
  onSound: ((pcm: Buffer) => void) | undefined;
  readonly socket: Socket;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket, headers: IncomingHttpHeaders, path: string) {
    this.socket = socket;
    this.headers = headers;
    this.path = path;
    socket.on('data', (data) => this.#take(data));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
    });
  }

  send(message: Record<string, unknown> | Uint8Array): void {
    const binary = message instanceof Uint8Array;
    this.#frame(binary ? 2 : 1, binary ? message : Buffer.from(JSON.stringify(message)));
  }

  close(code = 1000): void {
    const body = Buffer.alloc(2);
    body.writeUInt16BE(code);
    this.#frame(8, body);
  }

  of(type: string): Record<string, unknown>[] {
    return this.messages.filter((message) => message.type === type);
  }

  #frame(opcode: number, body: Uint8Array): void {
    const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 65_536 ? 4 : 10);
    head[0] = 0x80 | opcode;
    head[1] = body.length < 126 ? body.length : body.length < 65_536 ? 126 : 127;
    if (head.length === 4) head.writeUInt16BE(body.length, 2);
    if (head.length === 10) head.writeBigUInt64BE(BigInt(body.length), 2);
    this.socket.write(Buffer.concat([head, body]));
  }

  #take(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (;;) {
      const short = (this.#rest[1] ?? 0) & 0x7f;
      const from = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (this.#rest.length < from + 4) return;
      const length =
        short < 126 ? short : short === 126 ? this.#rest.readUInt16BE(2) : Number(this.#rest.readBigUInt64BE(2));
      if (this.#rest.length < from + 4 + length) return;
      const mask = this.#rest.subarray(from, from + 4);
      const body = Buffer.from(this.#rest.subarray(from + 4, from + 4 + length));
      for (let index = 0; index < length; index += 1) body[index] = (body[index] ?? 0) ^ (mask[index & 3] ?? 0);
      const opcode = (this.#rest[0] ?? 0) & 0xf;
      this.#rest = this.#rest.subarray(from + 4 + length);
      if (opcode === 1) this.messages.push(JSON.parse(body.toString()) as Record<string, unknown>);
      if (opcode === 2) {
        this.sound = Buffer.concat([this.sound, body]);
        this.onSound?.(body);
      }
      if (opcode === 8) {
        this.#frame(8, body);
        this.socket.end();
      }
    }
  }
}

/** A voice agent as a test needs it: the server's side of RFC 6455, without extensions or fragments. */
export class AgentServer {
  readonly connections: AgentConnection[] = [];
  /** What the next handshakes are refused with. */
  refuseWith: number | undefined;
  onConnection: ((connection: AgentConnection) => void) | undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('upgrade', (request, socket: Socket) => {
      if (this.refuseWith !== undefined) {
        socket.end(`HTTP/1.1 ${this.refuseWith} No\r\n\r\n`);
        return;
      }
      const key = request.headers['sec-websocket-key'] ?? '';
      const accept = createHash('sha1')
        .update(key + MAGIC)
        .digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      const connection = new AgentConnection(socket, request.headers, request.url ?? '');
      this.connections.push(connection);
      this.onConnection?.(connection);
    });
  }

  static async start(): Promise<AgentServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new AgentServer(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/agent?key=SECRET`;
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
