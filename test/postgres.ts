import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chownSync, constants, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);
const PASSWORD = 'canary-0f1e2d';
let shared: Promise<PostgresServer> | undefined;
let schemas = 0;

/**
 * The PostgreSQL server of this test process, started when it is first wanted and stopped after the last test; or the one of the
 * process that started this one, if that has named its port in WA_TEST_POSTGRES.
 */
export function postgresServer(): Promise<PostgresServer> {
  const port = process.env.WA_TEST_POSTGRES;
  shared ??= port === undefined ? PostgresServer.start() : Promise.resolve(PostgresServer.at(Number(port)));
  return shared;
}

/** A schema that no other test uses. */
export function freshSchema(): string {
  schemas += 1;
  return `t${process.pid}_${schemas}`;
}

// At the root of all tests, wherever this file is loaded first.
if (typeof globalThis.after === 'function') {
  after('stopping PostgreSQL', async function () {
    this.timeout(90_000);
    const server = await shared?.catch(() => undefined);
    shared = undefined;
    await server?.remove();
  });
}

/**
 * A real PostgreSQL server on a port of 127.0.0.1, with its data in a temporary folder. It never outlives its process: a
 * shell between the two stops it when its input ends.
 */
export class PostgresServer {
  readonly port: number;
  readonly password = PASSWORD;
  readonly #bin: string;
  readonly #folder: string;
  readonly #user: { uid?: number; gid?: number };
  readonly #settings: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(bin: string, folder: string, port: number, settings: readonly string[]) {
    this.#bin = bin;
    this.#folder = folder;
    this.port = port;
    this.#user = unprivileged();
    this.#settings = settings;
  }

  /** @param settings of the server, such as `fsync=off` */
  static async start(settings: readonly string[] = []): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'wa-postgres-'));
    const server = new PostgresServer(programs(), folder, await freePort(), settings);
    try {
      await server.#initialise();
      await server.up();
      return server;
    } catch (error) {
      await server.remove();
      throw error;
    }
  }

  /** A server that somebody else has started, and will stop. */
  static at(port: number): PostgresServer {
    return new PostgresServer('', '', port, []);
  }

  /** With the password, as a user of the package would write it. */
  url(user = 'postgres', database = 'postgres', port = this.port): string {
    return `postgresql://${user}:${PASSWORD}@127.0.0.1:${port}/${database}`;
  }

  async up(): Promise<void> {
    const { uid, gid } = this.#user;
    const settings = [
      'listen_addresses=127.0.0.1',
      `port=${this.port}`,
      'unix_socket_directories=',
      'shared_buffers=64MB',
      'max_connections=100',
      ...this.#settings,
    ];
    // The folder goes with the last life of the server, however its process ended.
    const script =
      '"$0" "$@" & pid=$!; word=$(cat); kill -QUIT $pid 2> /dev/null; wait $pid; [ "$word" = keep ] || rm -rf "$WA_FOLDER"';
    const child = spawn(
      '/bin/sh',
      ['-c', script, join(this.#bin, 'postgres'), '-D', this.#data, ...settings.flatMap((setting) => ['-c', setting])],
      {
        stdio: ['pipe', 'ignore', 'pipe'],
        // Whoever ends our whole process group must not end the shell before it has tidied up.
        detached: true,
        cwd: tmpdir(),
        env: { ...process.env, WA_FOLDER: this.#folder },
        ...(uid === undefined ? {} : { uid, gid: gid ?? uid }),
      },
    );
    this.#process = child;
    let log = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-10_000);
    });
    for (const handle of [child, child.stdin, child.stderr]) (handle as { unref?: () => void } | null)?.unref?.();
    for (let patience = 300; ; patience--) {
      try {
        await this.query('SELECT 1');
        return;
      } catch (error) {
        if (patience === 0 || child.exitCode !== null)
          throw new Error(`PostgreSQL did not start:\n${log}`, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** Stops the server: `fast` as an operator would, `immediate` as if it had crashed. */
  async down(mode: 'fast' | 'immediate'): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    await this.#program('pg_ctl', 'stop', '-D', this.#data, '-m', mode, '-w', '-t', '30').catch(() => undefined);
    const ended = once(child, 'exit');
    child.ref();
    child.stdin?.end('keep');
    if (child.exitCode === null && child.signalCode === null) await ended;
  }

  /** Runs one statement as the server's owner on a connection of its own. */
  async query(text: string, values: unknown[] = [], url = this.url()): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const result = await client.query(text, values);
      return result.rows ?? [];
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async remove(): Promise<void> {
    // Somebody else's goes on.
    if (this.#folder === '') return;
    await this.down('immediate');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  async #initialise(): Promise<void> {
    const { uid, gid } = this.#user;
    const secret = join(this.#folder, 'password');
    await writeFile(secret, PASSWORD);
    if (uid !== undefined) for (const path of [this.#folder, secret]) chownSync(path, uid, gid ?? uid);
    const how = ['-A', 'scram-sha-256', '--pwfile', secret, '-E', 'UTF8', '--locale', 'C', '--no-sync'];
    await this.#program('initdb', '-D', this.#data, '-U', 'postgres', ...how);
  }

  async #program(name: string, ...args: string[]): Promise<void> {
    await run(join(this.#bin, name), args, { cwd: this.#folder, ...this.#user });
  }
}

/** PostgreSQL refuses to run as root; Debian's package brings a user for it. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const line = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  if (line === null)
    throw new Error('There is no user "postgres". Install PostgreSQL (Debian: apt-get install postgresql).');
  return { uid: Number(line[1]), gid: Number(line[2]) };
}

/** Folder of the server's programs: `POSTGRES_BIN`, the newest version of Debian's, or the PATH. */
function programs(): string {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const given = process.env.POSTGRES_BIN;
  const folders = [
    ...(given === undefined ? [] : [given]),
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  const found = folders.find((folder) => runs(join(folder, 'initdb')));
  if (found !== undefined) return found;
  throw new Error('PostgreSQL is missing. Install it (Debian: apt-get install postgresql) or set POSTGRES_BIN.');
}

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
