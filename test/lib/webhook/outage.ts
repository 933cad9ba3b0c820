import { strict as assert } from 'node:assert';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Appended, Ledger } from '../../../lib/ledger/ledger.ts';
import type { Contact } from '../../../lib/permission/model.ts';
import { createProvider } from '../../../lib/provider/meta/create.ts';
import { WebhookEndpoint } from '../../../lib/webhook/endpoint.ts';
import { Business, NUMBER, OFFER } from '../../simulator/business.ts';
import { Stand, TestClock, temporaryFolder } from '../ledger/stand.ts';

const BUSINESS = { id: NUMBER, phone: '351211000100' };

/** A business whose webhooks are kept by a real ledger, and whose ledger may be away for a week. Everything follows one clock. */
export class Receiver {
  readonly folder = temporaryFolder();
  readonly handled: string[] = [];
  readonly statuses: number[] = [];
  readonly calls = new Map<Contact, string>();
  readonly business: Business;
  readonly #clock = new TestClock(Date.now());
  readonly #home = join(this.folder.path, 'store');
  #server: Server | undefined;
  #underWay = 0;
  #stand: Promise<Stand> | undefined;

  private constructor(business: Business) {
    this.business = business;
  }

  static async start(): Promise<Receiver> {
    // A try follows when the clock is moved, not while it stands.
    const business = await Business.start({ webhookRetryMs: 60_000 });
    const receiver = new Receiver(business);
    const { settings } = business.simulator;
    const endpoint = new WebhookEndpoint();
    endpoint.add({
      businessNumberId: NUMBER,
      phone: BUSINESS.phone,
      provider: createProvider({
        profile: 'meta',
        phoneNumberId: NUMBER,
        accessToken: settings.accessToken,
        appSecrets: [settings.appSecret],
        verifyToken: settings.verifyToken,
      }),
      append: async (events) => (await receiver.ledger()).append(events),
      handle: (appended) => receiver.#handOut(appended),
    });
    await receiver.#listen(endpoint);
    return receiver;
  }

  /** Opened when it is wanted, and again after it could not be had: once for each step of time. */
  async ledger(): Promise<Ledger> {
    this.#stand ??= Stand.open({ path: join(this.#home, 'permissions.sqlite'), clock: this.#clock });
    return (await this.#stand).ledger;
  }

  async goAway(): Promise<void> {
    await (await this.ledger()).close();
    this.#stand = undefined;
    renameSync(this.#home, `${this.#home}.away`);
    writeFileSync(this.#home, 'no disk is mounted here');
  }

  comeBack(): void {
    renameSync(this.#home, `${this.#home}.mount-point`);
    renameSync(`${this.#home}.away`, this.#home);
  }

  /** Time passes in steps, as it does: between two of them everything that is under way arrives. */
  async pass(ms: number, steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      const ledger = await this.#stand?.catch(() => undefined);
      if (ledger === undefined) this.#stand = undefined;
      this.#clock.pass(ms / steps);
      await this.business.advance(ms / steps / 1_000);
      await this.settled();
    }
  }

  /** Until nothing is on its way but what waits for its next try. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      const before = this.statuses.length;
      await new Promise((resolve) => setTimeout(resolve, 25));
      quiet = this.#underWay === 0 && this.statuses.length === before ? quiet + 1 : 0;
    }
  }

  /** How often each webhook was sent that is not delivered yet. */
  tries(): number[] {
    const { deliveries } = this.business.simulator.control.read('webhooks') as {
      deliveries: { attempts: number; state: string }[];
    };
    return deliveries.filter(({ state }) => state === 'waiting').map(({ attempts }) => attempts);
  }

  undelivered(): number {
    return (this.business.simulator.control.read('state') as { undelivered: number }).undelivered;
  }

  /** Reserved in the ledger, then placed at the simulator, as the switchboard does it. */
  async call(contact: Contact, script: 'answers' | 'no_answer' | 'declines'): Promise<void> {
    await this.business.simulator.control.do('script', { user: contact.phone ?? '', script, talkSeconds: 30 });
    const ledger = await this.ledger();
    const reserved = await ledger.reserveCall({ businessNumber: BUSINESS, contact, purpose: 'delivery' });
    assert.ok(reserved.ok);
    const reply = await this.business.graph('POST', `${NUMBER}/calls`, {
      messaging_product: 'whatsapp',
      to: contact.phone,
      action: 'connect',
      session: { sdp_type: 'offer', sdp: OFFER },
      biz_opaque_callback_data: reserved.reservationId,
    });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    await ledger.settle(reserved.reservationId, { state: 'consumed', providerId: reply.body.calls[0].id });
    this.calls.set(contact, reserved.reservationId);
  }

  async ask(contact: Contact): Promise<void> {
    const ledger = await this.ledger();
    const intent = {
      businessNumber: BUSINESS,
      contact,
      purpose: 'delivery',
      via: 'template',
      hasTemplate: true,
    } as const;
    const reserved = await ledger.reserveRequest(intent);
    assert.ok(reserved.ok);
    const reply = await this.business.ask(contact.phone);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    await ledger.settle(reserved.reservationId, { state: 'consumed', providerId: reply.body.messages[0].id });
  }

  answer(
    contact: Contact,
    answer: 'temporary' | 'permanent' | 'reject' | 'profile_permanent' | 'revoke',
  ): Promise<unknown> {
    return this.business.simulator.control.do('permission', { user: contact.phone ?? '', answer });
  }

  faults(faults: object): Promise<unknown> {
    return this.business.simulator.control.do('faults', faults);
  }

  async close(): Promise<void> {
    await this.business.close();
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
    await (await this.#stand?.catch(() => undefined))?.ledger.close();
    this.folder.remove();
  }

  async #handOut(appended: Appended[]): Promise<void> {
    const fresh = appended.filter((one) => one.fresh);
    this.handled.push(...fresh.map(({ event }) => event.id));
    await (await this.ledger()).dispatched(fresh.map(({ event }) => event.id));
  }

  async #listen(endpoint: WebhookEndpoint): Promise<void> {
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      if (request.method === 'GET') {
        const { status, body } = endpoint.get(Object.fromEntries(url.searchParams));
        response.writeHead(status).end(body);
        return;
      }
      this.#underWay++;
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', async () => {
        const header = (name: string) => request.headers[name] as string | undefined;
        const { status, body } = await endpoint.post({ rawBody: Buffer.concat(chunks), header });
        this.statuses.push(status);
        this.#underWay--;
        response.writeHead(status).end(body);
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await this.business.simulator.setWebhook(`http://127.0.0.1:${port}/webhook`);
  }
}
