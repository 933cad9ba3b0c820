import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { phonePage } from '../../../simulator/phone/pages.ts';
import { createRelay } from '../../../simulator/relay/relay.ts';
import type { Relay } from '../../../simulator/relay-contract.ts';

type Card = { id: string; state: 'open' | 'temporary' | 'permanent' | 'declined' | 'expired' };
interface PhoneState {
  person: { phone: string; userId: string; name: string };
  businessName: string;
  chat: { id: string; from: string; kind: string; text: string; at: number; request?: Card }[];
  permission: { status: 'no_permission' | 'temporary' | 'permanent'; expiresAt?: number };
  call?: { id: string; state: string; businessName: string; since: number; outcome?: string };
}

/** Where the page lies: behind a path of some depth, as behind the editor. */
const PREFIX = '/some/prefix/phone/';

export const ANA = { phone: '5511955500123', userId: 'BR.1001', name: 'Ana Lima' };
export const RUI = { phone: '351912000456', userId: 'PT.2002', name: 'Rui Gonçalves' };

/**
 * The page's API with no rules behind it, and the real media relay: what is under test is the page and its sound. Every POST is
 * kept in `posts`.
 */
export class FakeSimulator {
  readonly posts: { path: string; body: Record<string, string> }[] = [];
  readonly states = new Map<string, PhoneState>();
  /** While set, everything below `api/` answers with this status, as a proxy does whose target is gone. */
  outage: number | undefined;
  readonly relay: Relay;
  readonly #streams = new Set<{ response: ServerResponse; user: string }>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  private constructor(relay: Relay) {
    this.relay = relay;
    for (const person of [ANA, RUI])
      this.states.set(person.userId, {
        person,
        businessName: 'Clínica São Bento',
        chat: [],
        permission: { status: 'no_permission' },
      });
  }

  static async open(): Promise<FakeSimulator> {
    const fake = new FakeSimulator(await createRelay());
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${PREFIX}`;
  }

  state(user = ANA.userId): PhoneState {
    const state = this.states.get(user);
    if (!state) throw new Error(`no person ${user}`);
    return state;
  }

  /** Changes a person's state and tells the page. */
  change(update: (state: PhoneState) => void, user = ANA.userId): void {
    update(this.state(user));
    for (const stream of this.#streams) if (stream.user === user) this.#tell(stream);
  }

  ask(id: string, text = 'Hello Ana, may we call you about your appointment on Friday?'): void {
    this.change(({ chat }) => {
      chat.push({
        id: `m-${id}`,
        from: 'business',
        kind: 'permission_request',
        text,
        at: Date.now(),
        request: { id, state: 'open' },
      });
    });
  }

  ring(id: string): void {
    this.change((state) => {
      state.call = { id, state: 'ringing', businessName: state.businessName, since: Date.now() };
    });
  }

  get listeners(): number {
    return this.#streams.size;
  }

  dropStreams(): void {
    for (const { response } of this.#streams) response.destroy();
  }

  async close(): Promise<void> {
    await this.relay.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #tell({ response, user }: { response: ServerResponse; user: string }): void {
    response.write(`data: ${JSON.stringify(this.state(user))}\n\n`);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://phone');
    const path = url.pathname.startsWith(PREFIX) ? url.pathname.slice(PREFIX.length) : undefined;
    if (url.pathname === PREFIX.slice(0, -1)) return send(response, 200, phonePage('')?.body as string, 'text/html');
    if (path === undefined) return send(response, 404, 'outside of the prefix');
    if (!path.startsWith('api/')) {
      const page = phonePage(path);
      return page ? send(response, 200, page.body, page.type) : send(response, 404, 'no such page');
    }
    if (this.outage !== undefined) return send(response, this.outage, '<html>Bad gateway</html>', 'text/html');
    if (path === 'api/people') return json(response, 200, [ANA, RUI]);
    if (path === 'api/events') {
      const stream = { response, user: url.searchParams.get('user') ?? '' };
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      this.#streams.add(stream);
      response.on('close', () => this.#streams.delete(stream));
      return this.#tell(stream);
    }
    const body = JSON.parse(await text(request)) as Record<string, string>;
    this.posts.push({ path: path.slice(4), body });
    try {
      json(response, 200, (await this.#act(path.slice(4), body)) ?? {});
    } catch (error) {
      json(response, 400, { error: { message: (error as Error).message } });
    }
  }

  async #act(action: string, body: Record<string, string>): Promise<object | undefined> {
    const { user, callId = '' } = body;
    const finish = (outcome: string) =>
      this.change((state) => {
        if (state.call) Object.assign(state.call, { state: 'ended', outcome });
      }, user);
    switch (action) {
      case 'message':
        this.change(({ chat }) => {
          chat.push({ id: `t-${chat.length}`, from: 'person', kind: 'text', text: body.text ?? '', at: Date.now() });
        }, user);
        return;
      case 'permission':
        this.change((state) => {
          const card = state.chat.find(({ request }) => request?.id === body.requestId)?.request;
          if (!card) throw new Error('There is no such question.');
          card.state = body.answer === 'reject' ? 'declined' : (body.answer as Card['state']);
          state.permission =
            body.answer === 'reject'
              ? { status: 'no_permission' }
              : body.answer === 'permanent'
                ? { status: 'permanent' }
                : { status: 'temporary', expiresAt: Date.now() + 7 * 86_400_000 };
        }, user);
        return;
      case 'profile-permission':
        this.change((state) => {
          state.permission = { status: body.answer === 'permanent' ? 'permanent' : 'no_permission' };
        }, user);
        return;
      case 'call/answer': {
        const sdp = await this.relay.answerPhone(callId, body.sdp ?? '');
        this.change((state) => {
          if (state.call) state.call.state = 'connecting';
        }, user);
        return { sdp };
      }
      case 'call/connected':
        this.relay.pickUp(callId);
        this.change((state) => {
          if (state.call) Object.assign(state.call, { state: 'in_call', since: Date.now() });
        }, user);
        return;
      case 'call/digit':
        this.relay.sendDigit(callId, body.digit ?? '');
        return;
      case 'call/decline':
        return void finish('declined');
      case 'call/hangup':
        await this.relay.end(callId);
        return void finish('completed');
      case 'call/ignore':
        return;
      default:
        throw new Error(`The page asked for ${action}, which does not exist.`);
    }
  }
}

function send(response: ServerResponse, status: number, body: string | Buffer, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type });
  response.end(body);
}

function json(response: ServerResponse, status: number, body: object): void {
  send(response, status, JSON.stringify(body), 'application/json');
}

async function text(request: IncomingMessage): Promise<string> {
  let whole = '';
  for await (const piece of request) whole += piece;
  return whole;
}
