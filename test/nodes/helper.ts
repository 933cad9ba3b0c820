import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import type request from 'supertest';

/** The part of `node-red-node-test-helper` that we use; it ships no types. */
interface Helper {
  init(runtime?: string): void;
  settings(settings: Record<string, unknown>): void;
  load(nodes: ((RED: NodeAPI) => void)[], flow: object[], credentials?: Record<string, object>): Promise<void>;
  unload(): Promise<void>;
  setFlows(flow: object[], type?: 'full' | 'flows' | 'nodes', credentials?: object): Promise<void>;
  getNode(id: string): TestNode;
  startServer(): Promise<void>;
  stopServer(): Promise<void>;
  url(): string;
  /** The admin application, where the editor asks. */
  request(): ReturnType<typeof request>;
  log(): { getCalls?(): { args: unknown[] }[]; args: unknown[][] };
  /** The server's own application; ours is mounted into it, so that the simulator's webhooks arrive. */
  _app: { use(handler: (request: unknown, response: unknown, next: () => void) => void): void };
}
export type TestNode = Omit<Node, 'receive'> & { receive(msg: object): void };

const load = createRequire(`${process.cwd()}/package.json`);
export const helper = load('node-red-node-test-helper') as Helper;
helper.init(load.resolve('node-red'));

/** Collects what arrives at a `helper` node, and waits for it. */
export class Inbox {
  readonly messages: (NodeMessage & Record<string, unknown>)[] = [];
  readonly #news = new EventEmitter();

  constructor(id: string) {
    (helper.getNode(id) as unknown as Node).on('input', (msg) => {
      this.messages.push(msg as never);
      this.#news.emit('news');
    });
  }

  /** Resolves with message number `index` once it is there. */
  async at(index: number): Promise<NodeMessage & Record<string, unknown>> {
    for (;;) {
      const found = this.messages[index];
      if (found !== undefined) return found;
      await new Promise((resolve) => this.#news.once('news', resolve));
    }
  }
}

/** Resolves when a condition holds; the test's own timeout is the guard. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}
