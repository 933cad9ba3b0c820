import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { closeLingering } from '../../lib/ledger/open.ts';
import type { AccountNode } from '../../lib/runtime/account.ts';
import answerCall from '../../nodes/answer-call.ts';
import callEvents from '../../nodes/call-events.ts';
import callRecords from '../../nodes/call-records.ts';
import callbacks from '../../nodes/callbacks.ts';
import callingSettings from '../../nodes/calling-settings.ts';
import checkSetup from '../../nodes/check-setup.ts';
import configNode from '../../nodes/config.ts';
import initiateCall from '../../nodes/initiate-call.ts';
import media from '../../nodes/media.ts';
import permission from '../../nodes/permission.ts';
import permissionStore from '../../nodes/permission-store.ts';
import permissionTemplate from '../../nodes/permission-template.ts';
import permissionIn from '../../nodes/permission-webhook-in.ts';
import requestPermission from '../../nodes/request-permission.ts';
import terminate from '../../nodes/terminate.ts';
import { helper } from './helper.ts';

export const CONFIG = { id: 'number', type: 'wa-call-config', provider: 'simulator' };
export const ANA = '+55 11 95550-0123';

type Handler = (request: unknown, response: unknown, next: () => void) => void;

/** Node-RED's test helper with all nodes, a user directory of its own, and the real simulator behind the config node. */
export class RealNumber {
  userDir = '';
  /** Called with the node application before the nodes load, for a neighbour's routes. */
  onHttpNode: ((app: NodeAPI['httpNode']) => void) | undefined;
  #httpNode: Handler | undefined;
  #port = 0;

  async start(simulator: Record<string, unknown> = {}): Promise<void> {
    this.userDir = mkdtempSync(join(tmpdir(), 'wa-call-nodes-'));
    this.#port = await freePort();
    helper.settings({
      userDir: this.userDir,
      waCallConfigSimulator: { port: this.#port, pace: 0.3, webhookRetryMs: 20, ...simulator },
    });
    await helper.startServer();
    helper._app.use((request, response, next) => {
      if (this.#httpNode) this.#httpNode(request, response, next);
      else next();
    });
  }

  async stop(): Promise<void> {
    await helper.stopServer();
    await closeLingering();
    rmSync(this.userDir, { recursive: true, force: true });
  }

  /** @param more further nodes, such as Node-RED's own */
  load(flow: object[], credentials: Record<string, object> = {}, more: ((RED: NodeAPI) => void)[] = []): Promise<void> {
    const grab = (RED: NodeAPI): void => {
      this.#httpNode = RED.httpNode as unknown as Handler;
      this.onHttpNode?.(RED.httpNode);
      this.onHttpNode = undefined;
    };
    return helper.load(
      [
        grab,
        permissionStore,
        configNode,
        checkSetup,
        answerCall,
        callbacks,
        callEvents,
        callRecords,
        initiateCall,
        media,
        permission,
        callingSettings,
        permissionTemplate,
        permissionIn,
        requestPermission,
        terminate,
        ...more,
      ],
      flow,
      credentials,
    );
  }

  /** Resolves when a config node's line is open. */
  async ready(id = CONFIG.id): Promise<void> {
    const { account } = helper.getNode(id) as unknown as AccountNode;
    await account?.switchboard();
  }

  /** Does something at the simulated WhatsApp. */
  async control(command: string, body: object = {}): Promise<Record<string, unknown>> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/control/${command}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${command}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  }

  /** What somebody else does at the number's settings: groups of `calling`, as WhatsApp has them. Needs the token `real-number`. */
  graphSettings(calling: object): Promise<void> {
    return this.graph('POST', '334455667788990/settings', { calling });
  }

  /** A request of somebody else to WhatsApp's API. Needs the token `real-number`. */
  async graph(method: string, path: string, body: object): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/v25.0/${path}`, {
      method,
      headers: { 'content-type': 'application/json', authorization: 'Bearer real-number' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }

  /** Reads what the simulator saw. */
  async read(view: 'state' | 'requests' | 'violations' | 'webhooks'): Promise<Record<string, unknown>> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/control/${view}`);
    return (await answer.json()) as Record<string, unknown>;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
