import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/simulator.ts';

export const ANA = { phone: '5511955500123', userId: 'BR.48219037716650284417' };
export const NUMBER = '334455667788990';
export const WABA = '209876543210987';

/** An offer as the reference's §9.3 shows it. */
export const OFFER = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'm=audio 40100 UDP/TLS/RTP/SAVPF 111 126',
  'c=IN IP4 127.0.0.1',
  'a=candidate:1 1 udp 2130706431 127.0.0.1 40100 typ host',
  'a=ice-ufrag:Kd7q',
  'a=ice-pwd:vB2mT9xQ4rL8sN1cZ6pW3yHd',
  'a=fingerprint:sha-256 F5:92:1B:9D:64:62:2D:EC:8C:91:90:31:0D:09:EF:55:7B:F4:43:0E:10:72:50:4D:AF:EB:59:9C:D0:A2:C0:A1',
  'a=setup:actpass',
  'a=mid:0',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=20;useinbandfec=1',
  'a=ptime:20',
  'a=rtpmap:126 telephone-event/8000',
  'a=ssrc:305419896 cname:nrwa-1',
  '',
].join('\r\n');

export interface Received {
  raw: Buffer;
  headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: payloads are looked at field by field
  body: any;
  signatureOk: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
export type Reply = { status: number; body: any };

/** A business with a webhook of its own and a plain HTTP client, beside a simulator. */
export class Business {
  readonly simulator: Simulator;
  readonly received: Received[] = [];
  /** Status for the next webhooks; 200 when empty. */
  answers: number[] = [];
  private readonly server: Server;
  private waiting: (() => void)[] = [];

  private constructor(simulator: Simulator, server: Server) {
    this.simulator = simulator;
    this.server = server;
  }

  /** Without media, a hundred times as fast as people are, unless told otherwise. */
  static async start(options: SimulatorOptions = {}): Promise<Business> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const simulator = await startSimulator({ relay: false, pace: 0.01, webhookRetryMs: 5, ...options });
    const business = new Business(simulator, server);
    server.on('request', (request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      if (request.method === 'GET') {
        const ok = url.searchParams.get('hub.verify_token') === simulator.settings.verifyToken;
        response.writeHead(ok ? 200 : 403).end(ok ? url.searchParams.get('hub.challenge') : '');
        return;
      }
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const raw = Buffer.concat(chunks);
        const wanted = `sha256=${createHmac('sha256', simulator.settings.appSecret).update(raw).digest('hex')}`;
        business.received.push({
          raw,
          headers: request.headers,
          body: JSON.parse(raw.toString('utf8')),
          signatureOk: request.headers['x-hub-signature-256'] === wanted,
        });
        response.writeHead(business.answers.shift() ?? 200).end();
        for (const look of business.waiting.splice(0)) look();
      });
    });
    await simulator.setWebhook(business.webhookUrl);
    return business;
  }

  get webhookUrl(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/whatsapp-calling`;
  }

  /** Every call, status and message that came, flat, with its kind in front. */
  // biome-ignore lint/suspicious/noExplicitAny: payloads are looked at field by field
  events(): { kind: string; item: any; value: any }[] {
    return this.received.flatMap(({ body }) =>
      // biome-ignore lint/suspicious/noExplicitAny: see above
      body.entry.flatMap((entry: any) =>
        // biome-ignore lint/suspicious/noExplicitAny: see above
        entry.changes.flatMap(({ value, field }: any) => [
          // biome-ignore lint/suspicious/noExplicitAny: see above
          ...(value.calls ?? []).map((item: any) => ({ kind: item.event, item, value })),
          // biome-ignore lint/suspicious/noExplicitAny: see above
          ...(value.statuses ?? []).map((item: any) => ({ kind: item.status, item, value })),
          // biome-ignore lint/suspicious/noExplicitAny: see above
          ...(value.messages ?? []).map((item: any) => ({
            kind: item.interactive ? `reply:${item.interactive.call_permission_reply.response}` : item.type,
            item,
            value,
          })),
          ...(value.calls || value.statuses || value.messages ? [] : [{ kind: field, item: value, value }]),
        ]),
      ),
    );
  }

  kinds(): string[] {
    return this.events().map((event) => event.kind);
  }

  /** Waits until the condition holds; the time is a guard against hanging only. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const start = Date.now();
    while (!condition()) {
      if (Date.now() - start > 15_000) throw new Error(`Never happened: ${what}. Came: ${this.kinds().join(', ')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        this.waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Waits for the n-th event of a kind. */
  // biome-ignore lint/suspicious/noExplicitAny: see above
  async event(kind: string, nth = 1): Promise<{ item: any; value: any }> {
    const all = () => this.events().filter((event) => event.kind === kind);
    await this.until(`${nth} × ${kind}`, () => all().length >= nth);
    return all()[nth - 1] as { item: unknown; value: unknown };
  }

  async graph(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const response = await fetch(`${this.simulator.graphUrl}/v25.0/${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.simulator.settings.accessToken}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }

  connect(extra: Record<string, unknown> = {}): Promise<Reply> {
    return this.graph('POST', `${NUMBER}/calls`, {
      messaging_product: 'whatsapp',
      to: ANA.phone,
      action: 'connect',
      session: { sdp_type: 'offer', sdp: OFFER },
      ...extra,
    });
  }

  terminate(id: string): Promise<Reply> {
    return this.graph('POST', `${NUMBER}/calls`, { messaging_product: 'whatsapp', call_id: id, action: 'terminate' });
  }

  /** Asks for permission by the template that is there from the start. */
  ask(to = ANA.phone): Promise<Reply> {
    return this.graph('POST', `${NUMBER}/messages`, {
      messaging_product: 'whatsapp',
      to,
      type: 'template',
      template: {
        name: 'call_permission',
        language: { code: 'en_US' },
        components: [{ type: 'body', parameters: ['Ana', 'your delivery'].map((text) => ({ type: 'text', text })) }],
      },
    });
  }

  askFreely(to = ANA.phone): Promise<Reply> {
    return this.graph('POST', `${NUMBER}/messages`, {
      messaging_product: 'whatsapp',
      to,
      type: 'interactive',
      interactive: {
        type: 'call_permission_request',
        action: { name: 'call_permission_request' },
        body: { text: 'May we call you?' },
      },
    });
  }

  permissions(to = ANA.phone): Promise<Reply> {
    return this.graph('GET', `${NUMBER}/call_permissions?user_wa_id=${to}`);
  }

  /** The person allows calls in the business profile. */
  async allow(user = ANA.phone): Promise<void> {
    await this.simulator.control.do('permission', { user, answer: 'profile_permanent' });
  }

  advance(seconds: number): Promise<unknown> {
    return this.simulator.control.do('clock', { advanceSeconds: seconds });
  }

  async close(): Promise<void> {
    await this.simulator.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
