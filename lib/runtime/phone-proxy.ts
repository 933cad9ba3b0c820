import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** Headers that belong to one connection and are not passed on (RFC 9110 §7.6.1, 2022-06). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Headers that concern the editor and its reverse proxies, not a simulator on the loopback. */
const PRIVATE = new Set(['cookie', 'authorization', 'host']);

/**
 * Passes a request for the phone page on to the simulator and streams the answer back, event streams included, so that
 * the page lives at the editor's own host and port.
 *
 * @param target the simulator's URL of this very resource
 * @param body the request's bytes, if a parser in front of us has read them already
 */
export function proxyToPhone(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: URL,
  body?: Buffer,
): ClientRequest {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name) && !PRIVATE.has(name)) headers[name] = value;
  }
  if (body !== undefined) headers['content-length'] = String(body.length);

  const onward = request(target, { method: incoming.method ?? 'GET', headers }, (answer) => {
    const passed = Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.has(name));
    outgoing.writeHead(answer.statusCode ?? 502, Object.fromEntries(passed));
    // Event streams are quiet for long: the headers must not wait for the first event.
    outgoing.flushHeaders();
    answer.pipe(outgoing);
    answer.on('error', () => outgoing.destroy());
  });
  onward.on('error', () => {
    if (outgoing.headersSent) return outgoing.destroy();
    outgoing.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' });
    outgoing.end('The simulator does not answer. Deploy the flow again, or look into the Node-RED log.');
  });
  // The page was closed: the simulator need not keep its event stream.
  outgoing.on('close', () => onward.destroy());
  if (body !== undefined) onward.end(body);
  else incoming.pipe(onward);
  return onward;
}
