import type { WebhookAccount } from '../webhook/endpoint.ts';
import { WebhookEndpoint } from '../webhook/endpoint.ts';
import { bindWebhook, type RoutableApp } from '../webhook/express-route.ts';
import { routerOf } from '../webhook/raw-body.ts';
import { ReportableError } from './reportable-error.ts';

interface Route {
  endpoint: WebhookEndpoint;
  close(): void;
}
type Middleware = Parameters<typeof bindWebhook>[3];

/** Open paths of each application; normally there is one application, Node-RED's `httpNode`. */
const routes = new WeakMap<object, Map<string, Route>>();

/**
 * Listens for a business number at a path of Node-RED's `httpNode`. Numbers may share a path; the first opens it, the
 * last closes it.
 *
 * @param path below `httpNodeRoot`, such as `/whatsapp-calling`
 * @returns takes the number away again
 * @throws ReportableError `webhook_path_taken` if another node answers POST at this path already
 */
export function joinWebhook(
  app: RoutableApp,
  path: string,
  account: WebhookAccount,
  middleware: Middleware,
): () => void {
  const open = routes.get(app) ?? new Map<string, Route>();
  routes.set(app, open);
  let route = open.get(path);
  if (route === undefined) {
    refuseTaken(app, path);
    const endpoint = new WebhookEndpoint();
    route = { endpoint, close: bindWebhook(app, path, endpoint, middleware) };
    open.set(path, route);
  }
  const { endpoint, close } = route;
  const leave = endpoint.add(account);
  return () => {
    leave();
    if (endpoint.accounts() > 0 || open.get(path)?.endpoint !== endpoint) return;
    open.delete(path);
    close();
  };
}

/** The endpoint at a path, for those who want to know what comes in; undefined if nobody listens there. */
export function webhookAt(app: object, path: string): WebhookEndpoint | undefined {
  return routes.get(app)?.get(path)?.endpoint;
}

function refuseTaken(app: RoutableApp, path: string): void {
  const stack = (routerOf(app)?.stack ?? []) as Layer[];
  const same = (other: unknown): boolean => typeof other === 'string' && bare(other) === bare(path);
  if (!stack.some(({ route }) => route?.methods?.post === true && same(route.path))) return;
  throw new ReportableError(
    'webhook_path_taken',
    `Another node answers at the path ${path} already. Choose another webhook path in the number's configuration, or change the other node.`,
  );
}

type Layer = { route?: { path?: unknown; methods?: { post?: boolean } } };

/** As Express compares: without case and without a slash at the end. */
const bare = (path: string): string => path.toLowerCase().replace(/\/+$/, '');
