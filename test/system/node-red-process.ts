import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { checkout } from '../checkout.mts';
import type { FlowNode } from './flows.ts';

export interface NodeRedOptions {
  /** The flow file. Credentials lie inside the nodes, under `credentials`. Default: no flows. */
  flows?: FlowNode[];
  /** Merged over the settings of the harness, for example `{ httpNodeRoot: '/api' }`. Plain JSON. */
  settings?: Record<string, unknown>;
  /** JavaScript at the end of settings.js, for settings that are functions: `module.exports.httpNodeMiddleware = …`. */
  settingsCode?: string;
  /** Folder to take the palette from. Default: this checkout, built. */
  palette?: string | null;
  /** Node-RED's `red.js`. Default: the development dependency (5.x). */
  program?: string;
  /** Further environment variables. */
  env?: Record<string, string>;
  /** An existing user directory, which is then not removed at the end. */
  userDir?: string;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** How much of the flows a deploy restarts, in Node-RED's words. */
export type DeployType = 'full' | 'nodes' | 'flows' | 'reload';

/**
 * A real Node-RED: its program, in a process and a user directory of its own, on a free port of 127.0.0.1.
 * `stop()` in an `after` hook ends the process and removes the directory, whatever has happened before.
 */
export class NodeRedProcess {
  readonly userDir: string;
  /** Everything the process wrote, in order. */
  readonly log: string[] = [];
  readonly #options: NodeRedOptions;
  #child: ChildProcess | undefined;
  #exit: Promise<Exit> | undefined;
  #port = 0;

  private constructor(options: NodeRedOptions, userDir: string) {
    this.#options = options;
    this.userDir = userDir;
  }

  /** Resolves when the flows run and the server listens. Rejects with the log if the process ends before. */
  static async start(options: NodeRedOptions = {}): Promise<NodeRedProcess> {
    const userDir = options.userDir ?? (await mkdtemp(path.join(os.tmpdir(), 'wa-node-red-')));
    await mkdir(userDir, { recursive: true });
    const process = new NodeRedProcess(options, userDir);
    try {
      await process.#writeFiles();
      await process.#launch();
    } catch (error) {
      await process.stop();
      throw error;
    }
    return process;
  }

  get port(): number {
    return this.#port;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** `http://127.0.0.1:PORT` */
  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts it again after `kill`, with the same user directory and on the same port. */
  async restart(): Promise<void> {
    if (this.#child !== undefined) throw new Error('still running: kill it first');
    await this.#launch();
  }

  /** Sends the signal and waits for the end. A process that does not end within 30 s is killed, and that is an error. */
  async kill(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    if (this.#child === undefined || this.#exit === undefined) throw new Error('not running');
    this.#child.kill(signal);
    const exit = await this.#exitWithin(30_000);
    if (exit !== undefined) return exit;
    this.#child.kill('SIGKILL');
    await this.#exit;
    throw new Error(`Node-RED did not end within 30 s of ${signal}\n${this.tail()}`);
  }

  /** Ends the process if it runs and removes its user directory. Never throws because of either. */
  async stop(): Promise<void> {
    if (this.#child !== undefined) await this.kill('SIGTERM').catch(() => {});
    if (this.#options.userDir === undefined) await rm(this.userDir, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Deploys through the admin API, as the editor does, and resolves when the flows run again. */
  async deploy(flows: FlowNode[], type: DeployType = 'full'): Promise<void> {
    const from = this.log.length;
    const response = await this.admin('/flows', {
      method: 'POST',
      headers: { 'Node-RED-Deployment-Type': type },
      body: JSON.stringify({ flows }),
    });
    if (!response.ok) throw new Error(`deploy: HTTP ${response.status} ${await response.text()}`);
    // Node-RED answers before the new nodes are there; a message sent now would get lost.
    await this.#firstLine(from, /Started (modified nodes|modified flows|flows)/);
  }

  /** The flows as they are deployed (without credentials). */
  async flows(): Promise<FlowNode[]> {
    const response = await this.admin('/flows');
    const body = (await response.json()) as { flows: FlowNode[] };
    return body.flows;
  }

  /** Presses the button of an inject node. */
  async inject(id: string): Promise<void> {
    const response = await this.admin(`/inject/${id}`, { method: 'POST', body: '{}' });
    if (!response.ok) throw new Error(`inject ${id}: HTTP ${response.status}`);
  }

  admin(route: string, init: RequestInit = {}): Promise<Response> {
    const headers = { 'Node-RED-API-Version': 'v2', 'Content-Type': 'application/json', ...init.headers };
    return fetch(this.origin + route, { ...init, headers });
  }

  /** Resolves with the first line, past or future, that matches. */
  async waitForLog(pattern: RegExp, milliseconds = 30_000): Promise<string> {
    const deadline = Date.now() + milliseconds;
    for (let seen = 0; ; ) {
      for (; seen < this.log.length; seen++) {
        const line = this.log[seen] ?? '';
        if (pattern.test(line)) return line;
      }
      if (this.#child === undefined) throw new Error(`Node-RED ended before ${pattern}\n${this.tail()}`);
      if (Date.now() > deadline) throw new Error(`no ${pattern} within ${milliseconds} ms\n${this.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The last lines, for the message of a failed test. */
  tail(lines = 40): string {
    return this.log.slice(-lines).join('\n');
  }

  async #writeFiles(): Promise<void> {
    const { flows = [], palette = checkout, settings = {}, settingsCode = '' } = this.#options;
    const all = {
      flowFile: 'flows.json',
      // Credentials lie open in a file: nothing in a test is secret, and a restart reads them again.
      credentialSecret: false,
      uiHost: '127.0.0.1',
      nodesDir: palette === null ? [] : [palette],
      logging: { console: { level: 'debug', metrics: false, audit: false } },
      telemetry: { enabled: false, updateNotification: false },
      editorTheme: { tours: false, projects: { enabled: false } },
      ...settings,
    };
    await writeFile(
      path.join(this.userDir, 'settings.js'),
      `module.exports = ${JSON.stringify(all, null, 2)};\n${settingsCode}\n`,
    );
    const open = flows.map(({ credentials: _, ...node }) => node);
    const secret = flows.flatMap((node) => (node.credentials ? [[node.id, node.credentials] as const] : []));
    await writeFile(path.join(this.userDir, 'flows.json'), JSON.stringify(open));
    await writeFile(path.join(this.userDir, 'flows_cred.json'), JSON.stringify(Object.fromEntries(secret)));
  }

  async #launch(): Promise<void> {
    const program = this.#options.program ?? path.join(checkout, 'node_modules', 'node-red', 'red.js');
    const from = this.log.length;
    const child = spawn(process.execPath, [program, '--userDir', this.userDir, '--port', String(this.#port)], {
      cwd: this.userDir,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.#options.env },
    });
    this.#child = child;
    this.#exit = once(child, 'close').then(([code, signal]) => {
      this.#child = undefined;
      return { code, signal } as Exit;
    });
    for (const stream of [child.stdout, child.stderr]) this.#collect(stream);
    const listening = /Server now running at http:\/\/127\.0\.0\.1:(\d+)/;
    const line = await this.#firstLine(from, listening);
    this.#port = Number(listening.exec(line)?.[1]);
    await this.#firstLine(from, /Started flows/);
  }

  async #firstLine(from: number, pattern: RegExp): Promise<string> {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      const line = this.log.slice(from).find((text) => pattern.test(text));
      if (line !== undefined) return line;
      if (this.#child === undefined) throw new Error(`Node-RED ended before ${pattern}\n${this.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`no ${pattern} within 60 s\n${this.tail()}`);
  }

  #collect(stream: NodeJS.ReadableStream | null): void {
    let rest = '';
    stream?.setEncoding('utf8');
    stream?.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      this.log.push(...lines);
    });
  }

  async #exitWithin(milliseconds: number): Promise<Exit | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), milliseconds);
    });
    try {
      return await Promise.race([this.#exit, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
