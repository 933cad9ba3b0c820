import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSubject, type SetUp } from '../../../lib/doctor/create-subject.ts';
import { lookAtDisk } from '../../../lib/doctor/disk.ts';
import { examine } from '../../../lib/doctor/examine.ts';
import type { Finding } from '../../../lib/doctor/finding.ts';
import type { Subject } from '../../../lib/doctor/subject.ts';
import { inspectMedia } from '../../../lib/media/doctor/inspect-media.ts';
import { createProvider } from '../../../lib/provider/meta/create.ts';
import type { ProviderSettings } from '../../../lib/provider/meta/settings.ts';
import { WebhookEndpoint } from '../../../lib/webhook/endpoint.ts';
import { type Simulator, startSimulator } from '../../../simulator/simulator.ts';

export const PATH = '/whatsapp-calling';

/** What a proxy does to a request on its way, or answers in its place. */
export interface ProxyFault {
  /** Answers by itself. */
  answer?: { status: number; headers?: Record<string, string>; body?: string };
  /** Only to this method. */
  method?: 'GET' | 'POST';
  body?: (body: Buffer) => Buffer;
  headers?: (headers: Record<string, string | string[] | undefined>) => void;
  /** Changes the status of the answer. */
  status?: number;
  delayMs?: number;
  hangUp?: boolean;
}

/** A healthy set-up on loopback: the simulator as Meta, a Node-RED that listens, and a proxy before it. Faults are put in one at a time. */
export class Stand {
  readonly #folder = mkdtempSync(join(tmpdir(), 'wa-doctor-'));
  readonly #servers: Server[] = [];
  simulator!: Simulator;
  endpoint = new WebhookEndpoint();
  provider!: ProviderSettings;
  proxyFault: ProxyFault = {};
  /** What Node-RED itself answers before the webhook is asked. */
  nodeRed: { status: number; headers?: Record<string, string> } | undefined;
  localUrl = '';
  publicUrl = '';

  async start(): Promise<void> {
    this.simulator = await startSimulator({ relay: false });
    const { settings } = this.simulator;
    this.provider = {
      profile: 'simulator',
      baseUrl: this.simulator.url,
      phoneNumberId: settings.phoneNumberId,
      wabaId: settings.wabaId,
      accessToken: settings.accessToken,
      appSecrets: [settings.appSecret],
      verifyToken: settings.verifyToken,
    };
    this.localUrl = `${await this.#listen((request, response) => void this.#nodeRed(request, response))}${PATH}`;
    this.publicUrl = `${await this.#listen((request, response) => void this.#proxy(request, response))}${PATH}`;
    this.renew();
    await this.simulator.setWebhook(this.publicUrl);
  }

  /** Everything healthy again. */
  async heal(): Promise<void> {
    this.proxyFault = {};
    this.nodeRed = undefined;
    this.renew();
    const { control } = this.simulator;
    await control.do('faults', { reset: true });
    await control.do('account', { reset: true });
    await control.do('number', { restricted: null, testNumber: false, messagingLimit: 2000, country: null });
    await control.do('number', { businessNumber: '351211000100' });
    await this.settings({ status: 'ENABLED', sip: { status: 'DISABLED' }, srtp_key_exchange_protocol: 'DTLS' });
    await this.simulator.setWebhook(this.publicUrl);
    for (const edge of [this.provider.phoneNumberId])
      await this.graph(edge, { webhook_configuration: { override_callback_uri: '' } });
  }

  /** A fresh endpoint, in which nothing has come in yet. */
  renew(): void {
    this.endpoint = new WebhookEndpoint();
    const { phoneNumberId: businessNumberId } = this.provider;
    this.endpoint.add({
      businessNumberId,
      provider: createProvider(this.provider),
      append: async () => [],
      handle: async () => undefined,
    });
  }

  settings(calling: object): Promise<unknown> {
    return this.graph(`${this.provider.phoneNumberId}/settings`, { calling });
  }

  async graph(path: string, body: object): Promise<unknown> {
    const answer = await fetch(`${this.simulator.url}/v25.0/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.provider.accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  setUp(): SetUp {
    const { endpoint } = this;
    return {
      provider: this.provider,
      businessPhone: this.simulator.settings.businessNumber,
      webhook: {
        path: PATH,
        localUrl: this.localUrl,
        httpNodeAuth: false,
        httpDisabled: false,
        watch: (mark, seen) => endpoint.watch(mark, seen),
        received: () => ({ ...endpoint.statistics(), handshakesRefused: endpoint.handshakesRefused() }),
      },
      media: () => inspectMedia({ bindAddress: '127.0.0.1', allowLoopback: true }),
      store: {
        disk: () => lookAtDisk(this.#folder),
        health: async () => ({ ok: true, engine: 'sqlite', location: 'permissions.sqlite' }),
      },
    };
  }

  /** @param change what is wrong with the set-up, or with how it is looked at */
  async examine(
    change: (setUp: SetUp) => SetUp = (same) => same,
    spoil: (subject: Subject) => Subject = (same) => same,
  ): Promise<Finding[]> {
    return examine(spoil(createSubject(change(this.setUp()))));
  }

  async close(): Promise<void> {
    await this.simulator.close();
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
    const server = createServer(handle);
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async #nodeRed(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const rawBody = await bodyOf(request);
    const say = (status: number, body: string): void => void response.writeHead(status).end(body);
    if (this.nodeRed !== undefined) {
      response.writeHead(this.nodeRed.status, this.nodeRed.headers).end();
      return;
    }
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (url.pathname !== PATH) return say(404, 'Cannot POST');
    if (request.method === 'GET') {
      const { status, body } = this.endpoint.get(Object.fromEntries(url.searchParams));
      return say(status, body);
    }
    const { status, body } = await this.endpoint.post({
      rawBody,
      header: (name) => request.headers[name.toLowerCase()] as string | undefined,
    });
    say(status, body);
  }

  async #proxy(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = this.proxyFault;
    const body = await bodyOf(incoming);
    if (fault.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    const concerned = fault.method === undefined || fault.method === incoming.method;
    if (fault.hangUp && concerned) return void incoming.socket.destroy();
    if (fault.answer && concerned) {
      response.writeHead(fault.answer.status, fault.answer.headers).end(fault.answer.body ?? '');
      return;
    }
    const headers = { ...incoming.headers };
    if (concerned) fault.headers?.(headers);
    const sent = concerned && fault.body ? fault.body(body) : body;
    if (incoming.method === 'POST') headers['content-length'] = String(sent.length);
    const onward = request(
      this.localUrl.replace(PATH, incoming.url ?? '/'),
      { method: incoming.method, headers, agent: false },
      async (answer) => {
        const text = await bodyOf(answer);
        response.writeHead((concerned ? fault.status : undefined) ?? answer.statusCode ?? 500).end(text);
      },
    );
    onward.on('error', () => response.writeHead(502).end());
    onward.end(sent);
  }
}

async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
