import { strict as assert } from 'node:assert';
import net from 'node:net';
import zlib from 'node:zlib';
import express from 'express';
import { MAX_JSON_BYTES } from '../../../lib/provider/json.ts';
import { type CapturedRequest, captureRawBody, type ExpressLike, routerOf } from '../../../lib/webhook/raw-body.ts';
import { listen, send } from './listening.ts';

const SPACED = Buffer.from('{ "text" : "\\u00e7 \\/ \u{1F4DE}",\r\n\t"entry":[ ] }');

/** As Node-RED builds it: the editor half with its JSON parser stands before `httpNode`, and both below one application. */
function nodeRed(httpNodeRoot: string) {
  const root = express();
  const admin = express();
  const httpNode = express();
  admin.use(express.json({ limit: '5mb' }));
  root.use('/', admin);
  root.use(httpNodeRoot, httpNode);
  return { root, httpNode: httpNode as typeof httpNode & ExpressLike };
}
const stackOf = (app: object) => routerOf(app)?.stack ?? [];
const echo = (request: CapturedRequest & { body?: unknown }, response: { json(v: unknown): void }): void =>
  response.json({ raw: request.rawBody?.toString('base64'), parsed: request.body });
const raw = (text: string): string | undefined => (JSON.parse(text) as { raw?: string }).raw;

describe('raw body', () => {
  for (const [root, prefix] of [
    ['/', ''],
    ['/api', '/api'],
    ['/a/b/', '/a/b'],
  ] as const) {
    it(`the bytes as they came, behind the editor's parser, at httpNodeRoot ${root}`, async () => {
      const app = nodeRed(root);
      app.httpNode.post('/hook', echo as never);
      app.httpNode.post('/other', echo as never);
      const release = captureRawBody(app.httpNode, '/hook');
      const server = await listen(app.root);
      try {
        const json = { 'content-type': 'application/json' };
        for (const path of ['/hook', '/hook?x=1', '/HOOK', '/hook/']) {
          const answer = await send(server.port, prefix + path, SPACED, json);
          assert.equal(raw(answer.body), SPACED.toString('base64'), path);
        }
        const pieces = await send(server.port, `${prefix}/hook`, [SPACED.subarray(0, 5), SPACED.subarray(5)], json);
        assert.equal(raw(pieces.body), SPACED.toString('base64'));
        const form = await send(server.port, `${prefix}/hook`, 'a=1', {
          'content-type': 'application/x-www-form-urlencoded',
        });
        assert.equal(raw(form.body), Buffer.from('a=1').toString('base64'));
        const empty = await send(server.port, `${prefix}/hook`, '');
        assert.equal(raw(empty.body), '');
        const other = await send(server.port, `${prefix}/other`, SPACED, json);
        assert.deepEqual(JSON.parse(other.body), { parsed: JSON.parse(SPACED.toString()) });
        release();
        const after = await send(server.port, `${prefix}/hook`, SPACED, json);
        assert.deepEqual(JSON.parse(after.body), { parsed: JSON.parse(SPACED.toString()) });
      } finally {
        await server.close();
      }
    });
  }

  it('one layer for many paths, and none when the last is released', () => {
    const app = nodeRed('/');
    const before = stackOf(app.root).length;
    const releases = ['/a', '/b', '/a'].map((path) => captureRawBody(app.httpNode, path));
    assert.equal(stackOf(app.root).length, before + 1);
    releases[0]?.();
    releases[0]?.();
    releases[1]?.();
    assert.equal(stackOf(app.root).length, before + 1, 'somebody still holds /a');
    releases[2]?.();
    assert.equal(stackOf(app.root).length, before);
    captureRawBody(app.httpNode, '/a')();
    assert.equal(stackOf(app.root).length, before);
  });

  it('on an application on which nothing was set up yet', async () => {
    const app = express();
    const release = captureRawBody(app as never, '/hook');
    app.use(express.json());
    app.post('/hook', echo as never);
    const server = await listen(app);
    try {
      const answer = await send(server.port, '/hook', SPACED, { 'content-type': 'application/json' });
      assert.equal(raw(answer.body), SPACED.toString('base64'));
    } finally {
      await server.close();
      release();
    }
  });

  it('on the other shape of router (Express 5 has `router` and no `_router`)', () => {
    const stack: { handle: unknown }[] = [{ handle: 'query' }, { handle: 'parser' }];
    const app = { path: () => '', router: { stack }, use: (handle: unknown) => stack.push({ handle }) };
    const release = captureRawBody(app, '/hook');
    assert.equal(stack.length, 3);
    assert.equal(typeof stack[0]?.handle, 'function');
    release();
    assert.deepEqual(stack, [{ handle: 'query' }, { handle: 'parser' }]);
    assert.throws(() => captureRawBody({ path: () => '', use: () => undefined }, '/hook'), /version of Express/);
  });

  describe('limits', () => {
    let port: number;
    let received: () => number;
    let close: () => Promise<void>;
    before(async () => {
      const app = nodeRed('/');
      app.httpNode.post('/hook', ((request: CapturedRequest, response: { json(v: unknown): void }) =>
        response.json({ length: request.rawBody?.length })) as never);
      captureRawBody(app.httpNode, '/hook');
      ({ port, received, close } = await listen(app.root));
    });
    after(() => close());
    const length = (text: string): unknown => (JSON.parse(text) as { length: number }).length;

    it('3 MB are taken, one byte more is 413', async () => {
      const full = Buffer.alloc(MAX_JSON_BYTES, 0x20);
      assert.equal(length((await send(port, '/hook', full)).body), MAX_JSON_BYTES);
      assert.equal((await send(port, '/hook', Buffer.concat([full, full.subarray(0, 1)]))).status, 413);
    });
    it('the bytes received count, whatever length was announced', async () => {
      const piece = Buffer.alloc(1024 * 1024, 0x20);
      assert.equal(length((await send(port, '/hook', [piece, piece, piece])).body), MAX_JSON_BYTES);
      const answer = await send(port, '/hook', [piece, piece, piece, Buffer.from(' ')]);
      assert.equal(answer.status, 413);
      assert.equal(answer.headers.connection, 'close');
    });
    it('a sender that does not stop is cut off', async () => {
      let written = 0;
      const answer = await new Promise<string>((resolve) => {
        const socket = net.connect(port, '127.0.0.1');
        let seen = '';
        const piece = Buffer.alloc(64 * 1024, 0x20);
        const head = Buffer.from(`${piece.length.toString(16)}\r\n`);
        const more = (): void => {
          if (socket.destroyed || written > 64 * 1024 * 1024) return;
          written += piece.length;
          socket.write(Buffer.concat([head, piece, Buffer.from('\r\n')]), more);
        };
        socket.on('data', (chunk) => {
          seen += chunk.toString();
        });
        socket.on('error', () => undefined);
        socket.on('close', () => resolve(seen));
        socket.write('POST /hook HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n', more);
      });
      assert.match(answer, /^HTTP\/1\.1 413 /);
      assert(received() < 3 * MAX_JSON_BYTES, `${received()} bytes were taken`);
    });
    it('no Content-Encoding: a bomb of 100 kB would be 100 MB', async () => {
      const bomb = zlib.gzipSync(Buffer.alloc(10 * 1024 * 1024));
      for (const encoding of ['gzip', 'br', 'deflate', 'GZIP', 'gzip, identity', 'x-unheard']) {
        assert.equal((await send(port, '/hook', bomb, { 'content-encoding': encoding })).status, 415, encoding);
      }
      for (const encoding of ['identity', 'Identity']) {
        assert.equal((await send(port, '/hook', '{}', { 'content-encoding': encoding })).status, 200);
      }
    });
    it('senders that go away in the middle cost nothing', async () => {
      for (let n = 0; n < 20; n += 1) {
        await new Promise<void>((resolve) => {
          const socket = net.connect(port, '127.0.0.1', () => {
            socket.write('POST /hook HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"half', () =>
              socket.destroy(),
            );
          });
          socket.on('error', () => undefined);
          socket.on('close', () => resolve());
        });
      }
      assert.equal(length((await send(port, '/hook', '{}')).body), 2);
    });
    it('other methods pass by', async () => {
      assert.equal((await send(port, '/hook', undefined, {}, 'GET')).status, 404);
      assert.equal((await send(port, '/hook', '{}', {}, 'PUT')).status, 404);
    });
  });
});
