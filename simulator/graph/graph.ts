import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { APP_ID } from '../account-facts.ts';
import { codeForStatus, type GraphFault } from '../graph-faults.ts';
import { readBody, sendJson } from '../http-exchange.ts';
import type { LoggedRequest } from '../referee-log.ts';
import { SimulatorError } from '../simulator-error.ts';
import type { World } from '../world.ts';
import { debugToken, subscriptions } from './app.ts';
import { callPermissions } from './call-permissions.ts';
import { calls } from './calls.ts';
import { GraphError } from './errors.ts';
import { messages } from './messages.ts';
import { phoneNumber, phoneNumbers, subscribedApps } from './phone-number.ts';
import type { GraphRequest } from './request.ts';
import { settings } from './settings.ts';
import { templates } from './templates.ts';

type Handler = (world: World, request: GraphRequest, token: string) => unknown;

/** Meta's Graph API for one phone number and its account. Any version before the path is fine, as is none. */
export class Graph {
  private readonly world: World;
  private readonly lookups: number[] = [];
  private readonly handlers: Record<string, Handler>;

  constructor(world: World) {
    this.world = world;
    this.handlers = {
      'POST number/messages': messages,
      'POST number/calls': calls,
      'GET number/call_permissions': (_, request) => callPermissions(world, request, this.lookups),
      'GET number/settings': settings,
      'POST number/settings': settings,
      'GET number/': phoneNumber,
      'POST number/': phoneNumber,
      'GET account/message_templates': templates,
      'POST account/message_templates': templates,
      'DELETE account/message_templates': templates,
      'GET account/subscribed_apps': subscribedApps,
      'POST account/subscribed_apps': subscribedApps,
      'DELETE account/subscribed_apps': subscribedApps,
      'GET account/phone_numbers': phoneNumbers,
      'GET debug_token/': debugToken,
      'GET app/subscriptions': subscriptions,
    };
  }

  /** Handles one request; writes it to the request log, and what the rules forbid to the violations. */
  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { world } = this;
    const at = new Date(world.clock.now()).toISOString();
    const method = request.method ?? 'GET';
    const path = url.pathname.replace(/^\/v\d+\.\d+(?=\/)/, '');
    const entry: LoggedRequest = { at, method, path, status: 200 };
    const exchange: GraphRequest = { method, query: url.searchParams, body: {}, warnings: [] };
    let answer: unknown;
    let fault: GraphFault | undefined;
    try {
      const raw = await readBody(request);
      const token = this.authorise(request, path);
      exchange.body = parse(raw, request.headers['content-type']);
      entry.body = method === 'GET' ? shown(url.searchParams) : exchange.body;
      fault = this.nextFault(path, exchange.body);
      if (fault?.kind === 'slow') await sleep(fault.seconds * 1000, undefined, { ref: false });
      if (fault && ['error', 'html', 'reset'].includes(fault.kind)) {
        entry.status = fault.kind === 'reset' ? 0 : fault.status;
        world.log.request(entry);
        spoil(response, fault, undefined);
        return;
      }
      answer = this.isMedia(method, path)
        ? world.captures.describe(path.slice(1), `http://${request.headers.host}`)
        : await this.handler(method, path)(world, exchange, token);
    } catch (error) {
      const refusal = asGraphError(error, world);
      entry.status = refusal.status;
      entry.error = { code: refusal.code, message: refusal.message, details: refusal.details };
      if (refusal.rule) world.log.violation({ at, path, code: refusal.code, details: refusal.details });
      answer = refusal.body();
    }
    if (exchange.warnings.length > 0) entry.warnings = exchange.warnings;
    world.log.request(entry);
    world.save();
    if (fault && (fault.kind === 'half' || fault.kind === 'lost')) spoil(response, fault, answer);
    else sendJson(response, entry.status, answer);
  }

  private authorise(request: IncomingMessage, path: string): string {
    const given = Buffer.from(/^Bearer\s+(.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '');
    const wanted = Buffer.from(this.world.settings.accessToken);
    if (given.length === 0) throw new GraphError(190, 'An access token is required to request this resource.');
    // What the app itself asks is judged where it is answered.
    if (path.startsWith(`/${APP_ID}/`)) return given.toString();
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
      throw new GraphError(190, 'Invalid OAuth access token - Cannot parse access token');
    return given.toString();
  }

  private isMedia(method: string, path: string): boolean {
    return method === 'GET' && this.world.captures.isMedia(path.slice(1));
  }

  private handler(method: string, path: string): Handler {
    const [, id = '', edge = '', ...rest] = path.split('/');
    const { phoneNumberId, wabaId } = this.world.settings;
    const node = { [phoneNumberId]: 'number', [wabaId]: 'account', [APP_ID]: 'app', debug_token: 'debug_token' }[id];
    if (!node)
      throw new GraphError(100, `Object with ID '${id.slice(0, 40)}' does not exist, or the token may not use it.`, {
        subcode: 33,
      });
    const handler = rest.length === 0 ? this.handlers[`${method} ${node}/${edge}`] : undefined;
    if (!handler)
      throw new GraphError(100, `Unknown path components, or the method ${method} is not supported here.`, {
        subcode: 2500,
      });
    return handler;
  }

  private nextFault(path: string, body: unknown): GraphFault | undefined {
    const { graph } = this.world.faults;
    const index = graph.findIndex(
      (fault) =>
        (fault.path === undefined || path.endsWith(`/${fault.path}`)) &&
        (fault.action === undefined || (body as { action?: unknown }).action === fault.action),
    );
    const fault = graph[index];
    if (!fault) return undefined;
    fault.times -= 1;
    if (fault.times <= 0) graph.splice(index, 1);
    return fault;
  }
}

/** The query as the request log has it: a token in it is nobody's business. */
function shown(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...query].map(([name, value]) => [name, name === 'input_token' ? '…' : value]));
}

function parse(raw: Buffer, contentType: string | undefined): unknown {
  if (raw.length === 0) return {};
  if (!/json/i.test(contentType ?? ''))
    throw new GraphError(100, 'Send the parameters as JSON with Content-Type: application/json.');
  let body: unknown;
  try {
    body = JSON.parse(raw.toString('utf8'));
  } catch {
    throw new GraphError(100, 'The request body is not valid JSON.');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new GraphError(100, 'The request body must be a JSON object.');
  return body;
}

function asGraphError(error: unknown, world: World): GraphError {
  if (error instanceof GraphError) return error;
  if (error instanceof SimulatorError) return new GraphError(100, error.message, { status: error.status });
  world.problem(error);
  return new GraphError(131000, 'The simulator failed on this request.');
}

/** Breaks the answer in the way the fault says. */
function spoil(response: ServerResponse, fault: GraphFault, answer: unknown): void {
  if (fault.kind === 'error') {
    const code = fault.code ?? codeForStatus(fault.status);
    const body = {
      error: { message: `(#${code}) Fault on request`, type: 'OAuthException', code, fbtrace_id: 'Afault' },
    };
    sendJson(response, fault.status, body);
  } else if (fault.kind === 'html') {
    response.writeHead(fault.status, { 'Content-Type': 'text/html' });
    response.end('<html><head><title>Sorry</title></head><body>Something went wrong.</body></html>');
  } else if (fault.kind === 'half') {
    const text = JSON.stringify(answer);
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
    response.write(text.slice(0, Math.floor(text.length / 2)), () => response.destroy());
  } else {
    response.destroy();
  }
}
