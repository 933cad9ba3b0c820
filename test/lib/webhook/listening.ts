import http, { type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A server on loopback around an application. */
export async function listen(app: unknown): Promise<{ port: number; received(): number; close(): Promise<void> }> {
  const server: Server = http.createServer(app as never);
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    /** Bytes that the server has taken in on its newest connection. */
    received: () => sockets.at(-1)?.bytesRead ?? 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface Answer {
  status: number;
  body: string;
  headers: http.IncomingHttpHeaders;
}

/** One request on a connection of its own. A list of pieces is sent chunked. */
export function send(
  port: number,
  path: string,
  body: Buffer | string | Buffer[] | undefined,
  headers: http.OutgoingHttpHeaders = {},
  method = 'POST',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      const done = (): void =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          headers: response.headers,
        });
      response.on('end', done).on('error', done);
    });
    // A server that hangs up on a body that is too long may reset while we still write; its answer has come before.
    request.on('error', (error) => setTimeout(() => reject(error), 200));
    if (Array.isArray(body)) {
      for (const piece of body) request.write(piece);
      request.end();
    } else request.end(body);
  });
}
