import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { signature, written } from '../system/meta-webhook.ts';

export interface WireRequest {
  path: string;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are looked at field by field
  body: any;
  headers: IncomingMessage['headers'];
}
/** Answers one request, or leaves it unanswered, or worse. */
export type Behaviour = (request: WireRequest, response: ServerResponse, socket: Socket) => void;

export const SECRETS = {
  accessToken: 'EAAtokenOfTheRawProvider01',
  appSecret: 'raw-app-secret',
  verifyToken: 'raw-verify',
};

/** A provider's API of which the test writes every byte, and its webhooks. It counts what is on the wire. */
export class RawProvider {
  readonly requests: WireRequest[] = [];
  behave: Behaviour = answered;
  /** Where webhooks go; known once Node-RED runs. */
  webhookUrl = '';
  appSecret = SECRETS.appSecret;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<RawProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const provider = new RawProvider(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const seen = { path: request.url ?? '', headers: request.headers, body: text === '' ? {} : JSON.parse(text) };
        provider.requests.push(seen);
        provider.behave(seen, response, request.socket);
      });
    });
    return provider;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A config node for a number at this provider. */
  config(id: string, phoneNumberId: string, businessNumber: string): { id: string; type: string } {
    const place = { provider: 'custom', baseUrl: this.url, phoneNumberId, wabaId: '209876543210987', businessNumber };
    return { id, type: 'wa-call-config', ...place };
  }

  /** What was on the wire with this `action` of `calls`. */
  actions(action: string): WireRequest[] {
    return this.requests.filter(({ body }) => body.action === action);
  }

  /** Delivers a webhook as WhatsApp does. @returns the status of the answer */
  async deliver(phoneNumberId: string, value: Record<string, unknown>, field = 'calls'): Promise<number> {
    const metadata = { display_phone_number: '351211000100', phone_number_id: phoneNumberId };
    const changes = [{ field, value: { messaging_product: 'whatsapp', metadata, ...value } }];
    return this.post({ object: 'whatsapp_business_account', entry: [{ id: '209876543210987', changes }] });
  }

  async post(body: unknown): Promise<number> {
    const bytes = written(body, 'escaped');
    const response = await fetch(this.webhookUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature(bytes, this.appSecret) },
      body: new Uint8Array(bytes),
    });
    return response.status;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let made = 0;

/** As WhatsApp answers when all is well. */
export const answered: Behaviour = ({ path, body }, response) => {
  made += 1;
  if (path.endsWith('/messages'))
    json(response, 200, { contacts: [{ input: body.to, wa_id: body.to }], messages: [{ id: `wamid.${made}` }] });
  else if (body.action === 'connect') json(response, 200, { calls: [{ id: `wacid.${made}` }] });
  else json(response, 200, { success: true });
};

export function json(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ messaging_product: 'whatsapp', ...body }));
}
