import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRelay } from '../../simulator/relay/relay.ts';
import type { Relay, RelayStatistics } from '../../simulator/relay-contract.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/simulator.ts';
import type { FlowNode } from './flows.ts';
import type { NodeRedProcess } from './node-red-process.ts';

export interface SimulatedCall {
  id: string;
  userId: string;
  state: 'placed' | 'ringing' | 'connecting' | 'in_call' | 'ended';
  placedAt: number;
  pickedUpAt?: number;
  endedAt?: number;
  outcome?: string;
  /** Our correlation id. */
  opaque: string;
}

interface SimulatedPerson {
  phone: string;
  userId: string;
  requests: unknown[];
}

export interface BusinessRequest {
  at: string;
  method: string;
  path: string;
  status: number;
  body?: { action?: string; call_id?: string; [field: string]: unknown };
}

/** A webhook that Node-RED answered. */
export interface Answered {
  /** Performance clock, ms. */
  at: number;
  status: number;
  body: Buffer;
}

/**
 * WhatsApp in the test's own process: it outlives the Node-RED under test, and sees the last thing that it does. Webhooks
 * pass through a witness that remembers what Node-RED answered to each.
 */
export class Cloud {
  readonly simulator: Simulator;
  readonly relay: Relay;
  readonly answered: Answered[] = [];
  readonly #witness: Server;
  #target = '';

  private constructor(simulator: Simulator, relay: Relay, witness: Server) {
    this.simulator = simulator;
    this.relay = relay;
    this.#witness = witness;
  }

  static async start(options: SimulatorOptions = {}): Promise<Cloud> {
    const relay = await createRelay();
    const witness = createServer();
    await new Promise<void>((resolve) => witness.listen(0, '127.0.0.1', resolve));
    const simulator = await startSimulator({ webhookRetryMs: 20, createRelay: async () => relay, ...options });
    const cloud = new Cloud(simulator, relay, witness);
    witness.on('request', (request, response) => {
      cloud.#pass(request).then(
        ({ status, text }) => response.writeHead(status).end(text),
        // Nobody listens, or was killed over it: like any proxy in front of a business.
        () => response.writeHead(502).end(),
      );
    });
    return cloud;
  }

  /** The business number as a config node at a provider that is not part of Node-RED. */
  config(over: Partial<FlowNode> = {}): FlowNode {
    const { settings, url } = this.simulator;
    return {
      id: 'config',
      type: 'wa-call-config',
      name: '',
      provider: 'custom',
      baseUrl: url,
      phoneNumberId: settings.phoneNumberId,
      wabaId: settings.wabaId,
      businessNumber: `+${settings.businessNumber}`,
      webhookPath: '/whatsapp-calling',
      store: '',
      mediaBindAddress: '127.0.0.1',
      credentials: {
        accessToken: settings.accessToken,
        appSecret: settings.appSecret,
        verifyToken: settings.verifyToken,
      },
      ...over,
    };
  }

  /** Sends the webhooks to this Node-RED, as soon as its number listens. */
  async serve(red: NodeRedProcess, path = '/whatsapp-calling'): Promise<void> {
    this.#target = red.origin + path;
    await this.until('the webhook opens', async () => (await fetch(this.#target)).status !== 404, red);
    const { port } = this.#witness.address() as AddressInfo;
    await this.simulator.setWebhook(`http://127.0.0.1:${port}/`);
  }

  async #pass(request: IncomingMessage): Promise<{ status: number; text: string }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const query = new URL(request.url ?? '/', 'http://localhost').search;
    const signature = request.headers['x-hub-signature-256'];
    const headers = {
      'Content-Type': 'application/json',
      // A connection of its own each: one that died with a killed process must not be used again.
      Connection: 'close',
      ...(typeof signature === 'string' && { 'X-Hub-Signature-256': signature }),
    };
    const answer = await fetch(
      this.#target + query,
      request.method === 'POST' ? { method: 'POST', headers, body: new Uint8Array(body) } : { headers },
    );
    if (request.method === 'POST') this.answered.push({ at: performance.now(), status: answer.status, body });
    return { status: answer.status, text: await answer.text() };
  }

  calls(): SimulatedCall[] {
    return this.simulator.control.read('state').calls as SimulatedCall[];
  }

  live(): SimulatedCall[] {
    return this.calls().filter((call) => call.state !== 'ended');
  }

  #person(phone: string): SimulatedPerson {
    const people = this.simulator.control.read('state').people as SimulatedPerson[];
    const person = people.find((one) => one.phone === phone);
    if (person === undefined) throw new Error(`nobody has the number ${phone}`);
    return person;
  }

  /** How many questions a person got. */
  permissionRequests(phone: string): number {
    return this.#person(phone).requests.length;
  }

  /** The newest call to a person. */
  callTo(phone: string): SimulatedCall | undefined {
    const { userId } = this.#person(phone);
    return this.calls().findLast((call) => call.userId === userId);
  }

  /** What the business asked of the calls edge, oldest first. */
  requests(action: 'connect' | 'terminate', callId?: string): BusinessRequest[] {
    const { requests } = this.simulator.control.read('requests') as { requests: BusinessRequest[] };
    return requests.filter(
      ({ path, body }) =>
        path.endsWith('/calls') && body?.action === action && (callId === undefined || body.call_id === callId),
    );
  }

  violations(): unknown[] {
    return this.simulator.control.read('violations').violations as unknown[];
  }

  /** Packets of a call at the relay. */
  packets(callId: string): Promise<RelayStatistics> {
    return this.relay.statistics(callId);
  }

  /** Waits for a condition. The time is a guard against hanging only. */
  async until(what: string, condition: () => boolean | Promise<boolean>, red?: NodeRedProcess): Promise<void> {
    const deadline = performance.now() + 40_000;
    while (!(await condition())) {
      if (performance.now() > deadline) throw new Error(`never happened: ${what}\n${red?.tail() ?? ''}`);
      await sleep(10);
    }
  }

  async close(): Promise<void> {
    await this.simulator.close();
    this.#witness.closeAllConnections();
    await new Promise((resolve) => this.#witness.close(resolve));
  }
}
