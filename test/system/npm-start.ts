import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';

/** What `npm start` runs, in a copy of the checkout. End it with `stop()`. */
export class NpmStart {
  text = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  #over = false;

  /** @param through `npm`: by npm itself, which stands between us and the program; otherwise signals reach it alone */
  constructor(folder: string, port: number, through: 'npm' | 'node' = 'node') {
    const options = ['--port', String(port)];
    const [command, args] =
      through === 'npm'
        ? ['npm', ['start', '--', ...options]]
        : [process.execPath, [path.join(folder, 'scripts', 'start.mjs'), ...options]];
    this.child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.text += chunk;
      });
    }
    this.ended = once(this.child, 'close').then(([code]) => {
      this.#over = true;
      return code as number | null;
    });
  }

  async output(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) {
      if (this.#over) throw new Error(`it ended before ${pattern}:\n${this.text}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(): Promise<void> {
    if (!this.#over) this.child.kill('SIGTERM');
    await this.ended;
  }
}

/** A port of 127.0.0.1 that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
