import type { ServerResponse } from 'node:http';
import type { WebhookEndpoint } from './endpoint.ts';
import { type CapturedRequest, captureRawBody, type ExpressLike, routerOf } from './raw-body.ts';

type Next = (error?: unknown) => void;
// biome-ignore lint/suspicious/noExplicitAny: middleware is the user's own and of any kind
type Middleware = (request: any, response: any, next: Next) => unknown;
interface WebhookHttpRequest extends CapturedRequest {
  query?: Record<string, unknown>;
}
type Handler = (request: WebhookHttpRequest, response: ServerResponse, next: Next) => void;
export interface RoutableApp extends ExpressLike {
  get(path: string, ...handlers: Middleware[]): unknown;
  post(path: string, ...handlers: Middleware[]): unknown;
}

const PLAIN = 'text/plain; charset=utf-8';

/**
 * Opens an endpoint at a path of an Express application (`RED.httpNode`): GET for the handshake, POST for events.
 * @param middleware runs before both, such as Node-RED's `httpNodeMiddleware`
 * @returns closes it again; takes away these two routes and no others
 */
export function bindWebhook(
  app: RoutableApp,
  path: string,
  endpoint: WebhookEndpoint,
  middleware: Middleware | Middleware[] = [],
): () => void {
  const release = captureRawBody(app, path);
  const before = Array.isArray(middleware) ? middleware : [middleware];

  const onGet: Handler = (request, response) => {
    const { status, body, type } = endpoint.get(request.query ?? {});
    send(response, status, body, type);
  };
  const onPost: Handler = (request, response) => {
    const { rawBody } = request;
    if (!rawBody) {
      // A middleware read the body before us, so nothing can be verified. Not 401: the sender is not at fault.
      send(response, 500, 'The body was read by other middleware before the webhook could verify it.', PLAIN);
      return;
    }
    endpoint
      .post({ rawBody, header: (name) => headerOf(request, name) })
      .then(({ status, body }) => send(response, status, body, PLAIN))
      .catch(() => send(response, 500, 'The webhook could not be worked on.', PLAIN));
  };
  app.get(path, ...before, onGet);
  app.post(path, ...before, onPost);

  return () => {
    release();
    unroute(app, [onGet, onPost]);
  };
}

/** Several headers of one name come joined by commas, which no signature survives. */
function headerOf(request: CapturedRequest, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return typeof value === 'string' ? value : undefined;
}

function send(response: ServerResponse, status: number, body: string, type: string): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  response.end(body);
}

/** By reference and backwards: other routes at the same path belong to others. */
function unroute(app: object, handlers: unknown[]): void {
  const stack = (routerOf(app)?.stack ?? []) as { route?: { stack: { handle: unknown }[] } }[];
  for (let at = stack.length - 1; at >= 0; at -= 1) {
    if (stack[at]?.route?.stack.some(({ handle }) => handlers.includes(handle))) stack.splice(at, 1);
  }
}
