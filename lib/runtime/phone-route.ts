import type { IncomingMessage, ServerResponse } from 'node:http';
import { routerOf } from '../webhook/raw-body.ts';
import { proxyToPhone } from './phone-proxy.ts';

/** What this needs of an Express application. */
interface MountableApp {
  use(path: string, handler: Mounted): unknown;
}
type MountedRequest = IncomingMessage & { originalUrl?: string; body?: unknown; _body?: boolean };
type Mounted = (request: MountedRequest, response: ServerResponse) => void;

interface Mount {
  /** The simulator's own address of the page; changes if the simulator is started again. */
  target: URL;
  users: number;
  handler: Mounted;
}
const mounts = new WeakMap<object, Map<string, Mount>>();

/**
 * Shows the simulator's phone page below a path of Node-RED's `httpNode`.
 *
 * @param path such as `/whatsapp-calling/phone`
 * @param phoneUrl the page at the simulator, with a slash at the end
 * @returns takes it away again; the last user's removes the route
 */
export function mountPhone(app: MountableApp, path: string, phoneUrl: string): () => void {
  const open = mounts.get(app) ?? new Map<string, Mount>();
  mounts.set(app, open);
  let mount = open.get(path);
  if (mount === undefined) {
    const created: Mount = {
      target: new URL(phoneUrl),
      users: 0,
      handler: (request, response) => serve(created, request, response),
    };
    app.use(path, created.handler);
    open.set(path, created);
    mount = created;
  }
  const held = mount;
  held.target = new URL(phoneUrl);
  held.users += 1;
  let gone = false;
  return () => {
    if (gone) return;
    gone = true;
    held.users -= 1;
    if (held.users > 0) return;
    open.delete(path);
    const stack = routerOf(app)?.stack ?? [];
    for (let at = stack.length - 1; at >= 0; at -= 1) if (stack[at]?.handle === held.handler) stack.splice(at, 1);
  };
}

function serve(mount: Mount, request: MountedRequest, response: ServerResponse): void {
  const asked = (request.originalUrl ?? request.url ?? '').split('?')[0] ?? '';
  // The page's own links are relative: without the slash they would point one level up.
  if (request.url === '/' && !asked.endsWith('/')) {
    response.writeHead(302, { location: `${asked.slice(asked.lastIndexOf('/') + 1)}/` });
    response.end();
    return;
  }
  const target = new URL(`.${request.url ?? '/'}`, mount.target);
  // Node-RED's own parser has read JSON before us. Nothing here is signed, so writing it again is harmless.
  proxyToPhone(request, response, target, request._body ? Buffer.from(JSON.stringify(request.body ?? {})) : undefined);
}
