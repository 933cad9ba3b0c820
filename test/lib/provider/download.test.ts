import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { createProvider } from '../../../lib/provider/meta/create.ts';
import { type MediaSink, type Provider, ProviderError } from '../../../lib/provider/provider.ts';
import { type FaultServer, json, type Reply, type Seen, serve } from './fault-server.ts';

const TOKEN = 'EAAGcanaryTokenQ7w8e9r0t1y2u3i4o5p6';
const WHOLE = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7 + (index >> 9)) & 0xff));
const SHA = createHash('sha256').update(WHOLE).digest('hex');
const MOST = 1_000_000;

/** Keeps what comes, and how often it began again. */
class Memory implements MediaSink {
  bytes = Buffer.alloc(0);
  restarts = 0;
  fault: Error | undefined;
  async write(chunk: Uint8Array): Promise<void> {
    if (this.fault) throw this.fault;
    this.bytes = Buffer.concat([this.bytes, chunk]);
  }
  async restart(): Promise<void> {
    this.bytes = Buffer.alloc(0);
    this.restarts += 1;
  }
}

type Serve = (response: ServerResponse, seen: Seen, nth: number) => void;

describe('fetching what a provider keeps', () => {
  let server: FaultServer | undefined;
  let sink: Memory;
  let waits: number[];

  beforeEach(() => {
    sink = new Memory();
    waits = [];
  });
  afterEach(() => server?.close());

  /** @param file answers the download @param located answers the question where it is */
  const start = async (file: Serve, located?: (base: string) => object): Promise<Provider> => {
    let nth = 0;
    const reply: Reply = (_request, response, seen) => {
      if (seen.url === '/118') {
        const base = `http://${seen.headers.host}`;
        return json(200, located?.(base) ?? { url: `${base}/file`, sha256: SHA, mime_type: 'audio/ogg' })(
          _request,
          response,
          seen,
          () => undefined,
        );
      }
      nth += 1;
      file(response, seen, nth);
    };
    server = await serve(reply);
    return createProvider(
      { profile: 'custom', baseUrl: server.url, phoneNumberId: '1', accessToken: TOKEN, appSecrets: ['s'] },
      {
        sleep: async (ms) => {
          waits.push(ms);
        },
        random: () => 1,
      },
    );
  };
  const fetchIt = (provider: Provider, more: { sha256?: string; signal?: AbortSignal } = {}) =>
    provider.downloadMedia?.({ id: '118', ...(more.sha256 && { sha256: more.sha256 }) }, sink, {
      most: MOST,
      ...(more.signal && { signal: more.signal }),
    });
  const fault = async (work: Promise<unknown> | undefined): Promise<ProviderError> => {
    const error = await Promise.resolve(work).then(
      () => assert.fail('it worked'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof ProviderError, inspect(error));
    const told = inspect(error, { depth: 9 }) + JSON.stringify(error) + String(error.stack);
    assert.ok(!told.includes(TOKEN), 'no token in an error');
    return error;
  };
  const downloads = (): Seen[] => server?.seen.filter(({ url }) => url !== '/118') ?? [];
  const whole: Serve = (response) => {
    response.writeHead(200, { 'content-length': WHOLE.length }).end(WHOLE);
  };
  const rest: Serve = (response, { headers }) => {
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1]);
    const part = WHOLE.subarray(from);
    response
      .writeHead(206, {
        'content-range': `bytes ${from}-${WHOLE.length - 1}/${WHOLE.length}`,
        'content-length': part.length,
      })
      .end(part);
  };
  /** Breaks off after so many bytes, once they are on the wire. */
  const cut = (response: ServerResponse, bytes: number): void => {
    response.writeHead(200, { 'content-length': WHOLE.length });
    response.write(WHOLE.subarray(0, bytes), () => setTimeout(() => response.destroy(), 20));
  };

  it('asks where it is, then fetches it, with the token and nothing that could be compressed', async () => {
    const provider = await start(whole);
    assert.deepEqual(await fetchIt(provider), { bytes: WHOLE.length, mimeType: 'audio/ogg' });
    assert.ok(sink.bytes.equals(WHOLE));
    const [where, what] = server?.seen ?? [];
    assert.equal(where?.url, '/118');
    assert.equal(what?.url, '/file');
    assert.equal(what?.headers.authorization, `Bearer ${TOKEN}`);
    assert.equal(what?.headers['accept-encoding'], 'identity');
    assert.equal(what?.headers.range, undefined);
  });

  it('goes on where a connection broke, at a fresh address', async () => {
    const provider = await start((response, seen, nth) =>
      nth === 1 ? cut(response, 100_000) : rest(response, seen, nth),
    );
    assert.equal((await fetchIt(provider))?.bytes, WHOLE.length);
    assert.ok(sink.bytes.equals(WHOLE));
    assert.equal(sink.restarts, 0);
    const second = downloads()[1]?.headers.range ?? '';
    assert.match(second, /^bytes=[1-9]\d*-$/);
    assert.equal(server?.seen.filter(({ url }) => url === '/118').length, 2);
  });

  it('begins again where the other side cannot go on', async () => {
    const provider = await start((response, seen, nth) =>
      nth === 1 ? cut(response, 100_000) : whole(response, seen, nth),
    );
    await fetchIt(provider);
    assert.ok(sink.bytes.equals(WHOLE));
    assert.equal(sink.restarts, 1);
  });

  it('begins again where the other side goes on somewhere else, or says there is no such place', async () => {
    const provider = await start((response, seen, nth) => {
      if (nth === 1) cut(response, 100_000);
      else if (nth === 2) response.writeHead(416).end();
      else whole(response, seen, nth);
    });
    await fetchIt(provider);
    assert.ok(sink.bytes.equals(WHOLE));
    await server?.close();
    sink = new Memory();
    const other = await start((response, _seen, nth) => {
      if (nth === 1) return cut(response, 100_000);
      // Not from where we were.
      response.writeHead(nth === 2 ? 206 : 200, nth === 2 ? { 'content-range': 'bytes 5-9/300000' } : {});
      response.end(WHOLE);
    });
    await fetchIt(other);
    assert.ok(sink.bytes.equals(WHOLE));
  });

  it('believes neither a checksum that is wrong nor more than four tries', async () => {
    const provider = await start((response) => {
      response.writeHead(200).end(Buffer.from(WHOLE).fill(0, 10, 11));
    });
    const { code, kind } = await fault(fetchIt(provider));
    assert.deepEqual([code, kind], ['provider_media_damaged', 'transient']);
    assert.equal(downloads().length, 4);
    assert.equal(sink.bytes.length, 0);
    assert.equal(waits.length, 3);
  });

  it('goes by the checksum of the webhook where the other one differs', async () => {
    const located = (base: string) => ({ url: `${base}/file`, sha256: 'f'.repeat(64) });
    assert.equal((await fetchIt(await start(whole, located), { sha256: SHA }))?.bytes, WHOLE.length);
  });

  it('takes no more than it was told, whether the length is announced or not', async () => {
    const endless: Serve = (response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write(WHOLE));
        response.once('drain', more);
      };
      more();
    };
    const announced: Serve = (response) => {
      response.writeHead(200, { 'content-length': MOST + 1 }).write('x');
    };
    for (const reply of [endless, announced]) {
      sink = new Memory();
      assert.equal((await fault(fetchIt(await start(reply)))).code, 'provider_media_too_large');
      assert.ok(sink.bytes.length <= MOST);
      assert.equal(downloads().length, 1);
      await server?.close();
    }
  });

  it('sends the token to no machine that is not the provider’s, and follows nobody', async () => {
    const other = await serve((_request, response) => response.end('mine'));
    for (const url of [
      `${other.url}/file`,
      'https://evil.example.com/x',
      'ftp://127.0.0.1/x',
      'file:///etc/passwd',
      'x',
    ]) {
      const provider = await start(whole, () => ({ url }));
      assert.equal((await fault(fetchIt(provider))).code, 'provider_media_address_refused', url);
      assert.deepEqual(downloads(), []);
      await server?.close();
    }
    const provider = await start((response) => response.writeHead(302, { location: `${other.url}/x` }).end());
    assert.equal((await fault(fetchIt(provider))).code, 'provider_redirect');
    assert.deepEqual(other.seen, []);
    await other.close();
  });

  it('tells a refusal from a failure', async () => {
    const cases: [number, string, number][] = [
      [404, 'operator', 1],
      [401, 'operator', 1],
      [503, 'transient', 4],
    ];
    for (const [status, kind, tries] of cases) {
      const provider = await start((response) => response.writeHead(status).end('<html>'));
      assert.equal((await fault(fetchIt(provider))).kind, kind, String(status));
      assert.equal(downloads().length, tries, String(status));
      await server?.close();
    }
  });

  it('stops at once when it is told to, and tries no further', async () => {
    const stop = new AbortController();
    const provider = await start((response) => {
      response.writeHead(200, { 'content-length': WHOLE.length }).write(WHOLE.subarray(0, 1000), () => stop.abort());
    });
    assert.equal((await fault(fetchIt(provider, { signal: stop.signal }))).code, 'provider_aborted');
    assert.equal(downloads().length, 1);
  });

  it('passes on what the disk says, unchanged', async () => {
    const provider = await start(whole);
    sink.fault = Object.assign(new Error('full'), { code: 'ENOSPC' });
    await assert.rejects(Promise.resolve(fetchIt(provider)), { code: 'ENOSPC' });
    assert.equal(downloads().length, 1);
  });
});
