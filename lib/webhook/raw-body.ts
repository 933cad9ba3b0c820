import type { IncomingMessage, ServerResponse } from 'node:http';
import { MAX_JSON_BYTES } from '../provider/json.ts';

/** What this module needs of an Express 4 or 5 application. */
export interface ExpressLike {
  path(): string;
  use(handler: Layer): unknown;
}
export interface CapturedRequest extends IncomingMessage {
  /** The bytes as they came. */
  rawBody?: Buffer;
  /** Express's body parsers stand back if it is true. */
  _body?: boolean;
}
type Layer = (request: CapturedRequest, response: ServerResponse, next: (error?: unknown) => void) => void;
interface Router {
  stack: { handle: unknown }[];
}
interface Installation {
  layer: Layer;
  /** Normalised path -> how many hold it. */
  paths: Map<string, number>;
}

/** A body that trickles in slower than this is given up; Meta itself gives up after about 20 s. */
const SLOWEST_BODY_MS = 30_000;
/** How long a refused sender may take to notice. */
const LINGER_MS = 2_000;
const installations = new WeakMap<object, Installation>();

/**
 * Keeps the bytes of POST requests to a path of Node-RED's `httpNode` as `request.rawBody`. Needed because at default
 * settings Node-RED's editor half parses JSON before any route of ours, and a body serialised again does not fit its
 * signature. Works like the raw mode of the core's own HTTP-in node, but stands first in the outermost application.
 * More than 3 MB: 413. Content-Encoding: 415 (a gzip of 97 kB can hold 100 MB).
 *
 * @param httpNode Node-RED's `RED.httpNode`
 * @param route path below `httpNodeRoot`
 * @returns releases the path; the last release takes the layer out again
 */
export function captureRawBody(httpNode: ExpressLike, route: string): () => void {
  const root = rootOf(httpNode);
  const path = normalised(`${httpNode.path()}/${route}`);
  const installation = installations.get(root) ?? install(root);
  installation.paths.set(path, (installation.paths.get(path) ?? 0) + 1);
  let released = false;
  return () => {
    if (released) return;
    released = true;
    const left = (installation.paths.get(path) ?? 1) - 1;
    if (left > 0) installation.paths.set(path, left);
    else installation.paths.delete(path);
    if (installation.paths.size === 0 && installations.get(root) === installation) uninstall(root, installation);
  };
}

/**
 * The router of an application. Express 5 has `router`; Express 4 throws on that name and has `_router`, but only from
 * its first route on. `lazyrouter` tells version 4 before that.
 */
export function routerOf(app: object): Router | undefined {
  const { _router } = app as { _router?: Router };
  return _router ?? ('lazyrouter' in app ? undefined : (app as { router?: Router }).router);
}

function install(root: ExpressLike): Installation {
  const paths = new Map<string, number>();
  const layer: Layer = (request, response, next) => {
    if (request.method !== 'POST' || request._body || !paths.has(normalised(request.url ?? ''))) return next();
    capture(request, response, next);
  };
  root.use(layer);
  const stack = routerOf(root)?.stack;
  if (!stack) throw new Error('The raw body of webhooks cannot be read: this version of Express is not known.');
  const at = stack.findIndex(({ handle }) => handle === layer);
  stack.unshift(...stack.splice(at, 1));
  const installation = { layer, paths };
  installations.set(root, installation);
  return installation;
}

function uninstall(root: object, { layer }: Installation): void {
  installations.delete(root);
  const stack = routerOf(root)?.stack ?? [];
  const at = stack.findIndex(({ handle }) => handle === layer);
  if (at >= 0) stack.splice(at, 1);
}

function capture(request: CapturedRequest, response: ServerResponse, next: (error?: unknown) => void): void {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase();
  if (encoding !== undefined && encoding !== '' && encoding !== 'identity') {
    refuse(request, response, 415, 'Send the body without Content-Encoding.');
    return;
  }
  if (Number(request.headers['content-length']) > MAX_JSON_BYTES) {
    refuse(request, response, 413, 'The body has more than 3 MB.');
    return;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(
    () => settle(() => refuse(request, response, 408, 'The body came too slowly.')),
    SLOWEST_BODY_MS,
  ).unref();
  const settle = (then: () => void): void => {
    clearTimeout(timer);
    request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
    then();
  };
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > MAX_JSON_BYTES) settle(() => refuse(request, response, 413, 'The body has more than 3 MB.'));
    else chunks.push(chunk);
  };
  const onEnd = (): void =>
    settle(() => {
      request.rawBody = Buffer.concat(chunks);
      request._body = true;
      next();
    });
  // The sender went away: there is nobody to answer, and it is nothing for the log.
  const onGone = (): void => settle(() => request.destroy());
  request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
}

/**
 * Answers at once, but hangs up only when the sender has finished, has sent as much again, or some time has passed: a
 * connection that is closed over unread bytes is reset, and the answer is lost with it.
 */
function refuse(request: CapturedRequest, response: ServerResponse, status: number, text: string): void {
  const body = `${text}\n`;
  let drained = 0;
  const timer = setTimeout(() => finish(), LINGER_MS).unref();
  const finish = (): void => {
    clearTimeout(timer);
    response.end();
  };
  request.on('error', finish).on('end', finish).on('close', finish);
  request.on('data', (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > MAX_JSON_BYTES) request.destroy();
  });
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.write(body);
}

function rootOf(app: ExpressLike): ExpressLike {
  const { parent } = app as { parent?: ExpressLike };
  return parent ? rootOf(parent) : app;
}

/** Express compares paths without case and without a slash at the end. */
function normalised(url: string): string {
  const path = `/${url.split('?')[0] ?? ''}`.replace(/\/{2,}/g, '/').toLowerCase();
  return path.length > 1 ? path.replace(/\/$/, '') : path;
}
