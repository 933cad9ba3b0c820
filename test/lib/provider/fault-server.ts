import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import zlib from 'node:zlib';

export interface Seen {
  method: string;
  url: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}
export interface FaultServer {
  url: string;
  /** Every request that arrived, as it was on the wire. */
  seen: Seen[];
  /** Body bytes that were handed to the network. */
  sentBytes(): number;
  close(): Promise<void>;
}
export type Reply = (
  request: IncomingMessage,
  response: ServerResponse,
  seen: Seen,
  count: (n: number) => void,
) => void;

/** A server on loopback that answers every request as told. */
export async function serve(reply: Reply): Promise<FaultServer> {
  const seen: Seen[] = [];
  let sent = 0;
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const one: Seen = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(one);
      reply(request, response, one, (n) => {
        sent += n;
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    sentBytes: () => sent,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Reply =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
export const metaError = (
  status: number,
  code: number,
  more: object = {},
  headers: Record<string, string> = {},
): Reply =>
  json(
    status,
    { error: { message: `(#${code}) refused`, type: 'OAuthException', code, fbtrace_id: 'AxYzTrace', ...more } },
    headers,
  );

const HTML = '<!doctype html><html><body><h1>Sign in</h1></body></html>';
const bomb =
  (encoding: string, bytes: Buffer): Reply =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding });
    response.end(bytes);
  };

/** Everything a network can answer, by name. */
export const FAULTS = {
  'reset before the reply': (_request, response) => response.socket?.destroy(),
  'reset in the middle of the reply': (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
    response.write('{"calls":[{"id":"wacid.half');
    setTimeout(() => response.socket?.destroy(), 10);
  },
  'half a reply, then silence': (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
    response.write('{"calls":[');
  },
  silence: () => undefined,
  'drop by drop': (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  },
  'not HTTP': (_request, response) => response.socket?.end('SIP/2.0 200 OK\r\n\r\n'),
  'status 500 with Meta error': metaError(500, 138004),
  'status 503 with Meta error 131016': metaError(503, 131016),
  'status 500 empty': json(500, ''),
  'status 502 HTML': json(502, HTML, { 'content-type': 'text/html' }),
  'status 429 with Retry-After': metaError(429, 130429, {}, { 'retry-after': '2' }),
  'status 429 HTML': json(429, HTML, { 'content-type': 'text/html' }),
  'status 429 far away': metaError(
    429,
    80007,
    {},
    {
      'x-business-use-case-usage': '{"1":[{"type":"messaging","call_count":100,"estimated_time_to_regain_access":19}]}',
    },
  ),
  'status 401 code 190': metaError(401, 190),
  'status 401 in another shape': json(401, { meta: { success: false, http_code: 401 } }),
  'status 400 code 138006': metaError(400, 138006, {
    error_data: { details: 'No approved call permission from the recipient' },
  }),
  'status 400 HTML': json(400, HTML, { 'content-type': 'text/html' }),
  'status 404 HTML': json(404, HTML, { 'content-type': 'text/html' }),
  'status 407': json(407, HTML, { 'content-type': 'text/html' }),
  'status 200 HTML': json(200, HTML, { 'content-type': 'text/html' }),
  'status 200 truncated JSON': json(200, '{"messaging_product":"whatsapp","calls":[{"id":"wac'),
  'status 200 empty': json(200, ''),
  'status 200 with an error inside': metaError(200, 2),
  'status 200 nested 200,000 deep': json(200, '['.repeat(200_000)),
  '100 MB': (_request, response, _seen, count) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const piece = Buffer.alloc(256 * 1024, 0x20);
    let left = 400;
    const more = (): void => {
      while (left > 0 && !response.destroyed) {
        left -= 1;
        count(piece.length);
        if (!response.write(piece)) {
          response.once('drain', more);
          return;
        }
      }
      if (!response.destroyed) response.end();
    };
    more();
  },
  'gzip bomb': bomb('gzip', zlib.gzipSync(Buffer.alloc(100 * 1024 * 1024))),
  'brotli bomb': bomb(
    'br',
    zlib.brotliCompressSync(Buffer.alloc(100 * 1024 * 1024), { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
  ),
  'broken gzip': bomb('gzip', Buffer.from('this is no gzip at all, not even a little')),
} satisfies Record<string, Reply>;
