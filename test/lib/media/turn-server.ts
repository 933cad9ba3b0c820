import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where it relays: no other test opens ports here. */
const RELAYS: [number, number] = [47_300, 47_359];

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/** coturn, a TURN and STUN server that others use too, on 127.0.0.1, with one user. */
export class TurnServer {
  static readonly USER = 'ana';
  static readonly PASSWORD = 'canary-turn-4711';
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(port: number, process: ChildProcess, folder: string) {
    this.port = port;
    this.#process = process;
    this.#folder = folder;
  }

  static async start(): Promise<TurnServer> {
    const folder = await mkdtemp(join(tmpdir(), 'turn-'));
    const port = await freePort();
    const child = spawn(
      'turnserver',
      [
        ...['-n', '--no-cli', '--no-tls', '--no-dtls', '--no-tcp', '--no-tcp-relay', '--log-file=stdout'],
        ...['--listening-ip=127.0.0.1', `--listening-port=${port}`, '--relay-ip=127.0.0.1', '--allow-loopback-peers'],
        ...[`--min-port=${RELAYS[0]}`, `--max-port=${RELAYS[1]}`, `--pidfile=${join(folder, 'pid')}`],
        ...['--lt-cred-mech', `--user=${TurnServer.USER}:${TurnServer.PASSWORD}`, '--realm=test'],
        `--userdb=${join(folder, 'users')}`,
      ],
      { stdio: 'ignore' },
    );
    const server = new TurnServer(port, child, folder);
    try {
      await Promise.race([server.#answers(), once(child, 'error').then(([error]) => Promise.reject(error))]);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Does this address belong to a relay of the server? */
  static relays(port: number): boolean {
    return port >= RELAYS[0] && port <= RELAYS[1];
  }

  /** Asks for its own address until the server says it. */
  async #answers(): Promise<void> {
    const socket = createSocket('udp4');
    let answered = false;
    socket.on('message', () => {
      answered = true;
    });
    const request = Buffer.alloc(20);
    request.writeUInt16BE(1, 0);
    request.writeUInt32BE(0x2112_a442, 4);
    try {
      while (!answered) {
        socket.send(request, this.port, '127.0.0.1');
        await sleep(50);
        if (this.#process.exitCode !== null) throw new Error(`turnserver ended with ${this.#process.exitCode}`);
      }
    } finally {
      socket.close();
    }
  }

  async stop(): Promise<void> {
    if (this.#process.pid !== undefined && this.#process.exitCode === null) {
      const gone = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await gone;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
