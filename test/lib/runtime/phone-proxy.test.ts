import { strict as assert } from 'node:assert';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { proxyToPhone } from '../../../lib/runtime/phone-proxy.ts';

const listen = (handle: RequestListener): Promise<{ server: Server; origin: string }> =>
  new Promise((resolve) => {
    const server = createServer(handle);
    server.listen(0, '127.0.0.1', () =>
      resolve({ server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
    );
  });
const stop = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

describe('proxyToPhone', () => {
  let behind: { server: Server; origin: string };
  let front: { server: Server; origin: string };
  let closedStreams = 0;
  let seenHeaders: Record<string, unknown> = {};

  before(async () => {
    behind = await listen((request, response) => {
      seenHeaders = request.headers;
      if (request.url === '/phone/events') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: one\n\n');
        response.on('close', () => {
          closedStreams += 1;
        });
        return;
      }
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        response.writeHead(request.url === '/phone/teapot' ? 418 : 200, { 'x-from': 'behind' });
        response.end(`${request.method} ${request.url} ${Buffer.concat(parts)}`);
      });
    });
    front = await listen((request, response) => {
      proxyToPhone(request, response, new URL(request.url ?? '/', behind.origin));
    });
  });
  after(async () => {
    await stop(front.server);
    await stop(behind.server);
  });

  it('passes method, path, body, status and headers', async () => {
    const answer = await fetch(`${front.origin}/phone/teapot?x=1`.replace('?x=1', ''), { method: 'POST', body: 'tea' });
    assert.equal(answer.status, 418);
    assert.equal(answer.headers.get('x-from'), 'behind');
    assert.equal(await answer.text(), 'POST /phone/teapot tea');
  });

  it('keeps the editor’s cookies and credentials to itself', async () => {
    await fetch(`${front.origin}/phone/`, {
      headers: { cookie: 'session=1', authorization: 'Bearer x', 'x-app': '1' },
    });
    assert.equal(seenHeaders.cookie, undefined);
    assert.equal(seenHeaders.authorization, undefined);
    assert.equal(seenHeaders['x-app'], '1');
  });

  it('streams events as they come and lets go when the page is closed', async () => {
    const page = new AbortController();
    const answer = await fetch(`${front.origin}/phone/events`, { signal: page.signal });
    const reader = answer.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    assert.equal(Buffer.from(value ?? []).toString(), 'data: one\n\n');
    page.abort();
    await reader?.closed.catch(() => undefined);
    while (closedStreams === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('says so if the simulator is gone', async () => {
    const lonely = await listen((request, response) => {
      proxyToPhone(request, response, new URL('http://127.0.0.1:9/phone/'));
    });
    const answer = await fetch(`${lonely.origin}/phone/`);
    assert.equal(answer.status, 502);
    assert.match(await answer.text(), /simulator does not answer/);
    await stop(lonely.server);
  });
});
