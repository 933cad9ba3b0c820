import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lookAtDisk } from '../../../lib/doctor/disk.ts';
import { sendWebRequest } from '../../../lib/doctor/web-request.ts';

describe('a request to our own webhook', function () {
  this.timeout(20_000);
  const servers: net.Server[] = [];
  const open = async (server: net.Server): Promise<number> => {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  });
  const post = (url: string, anyCertificate = false) =>
    sendWebRequest({ url, method: 'POST', body: Buffer.from('{}'), headers: { 'x-probe': '1' }, anyCertificate });

  it('arrives as it is, and brings status, text, login and redirect back without following it', async () => {
    const seen: string[] = [];
    const port = await open(
      http.createServer(async (request, response) => {
        let body = '';
        for await (const part of request) body += part;
        seen.push(`${request.method} ${request.headers['x-probe']} ${body}`);
        response
          .writeHead(302, { location: 'https://elsewhere.example/', 'www-authenticate': 'Basic' })
          .end('x'.repeat(9000));
      }),
    );
    const reply = await post(`http://127.0.0.1:${port}/hook`);
    assert.ok('status' in reply);
    assert.deepEqual([reply.status, reply.loginWanted, reply.location], [302, true, 'https://elsewhere.example/']);
    assert.ok(reply.text.length <= 4096);
    assert.deepEqual(seen, ['POST 1 {}']);
  });

  it('tells refused, hung up, not HTTP, and a certificate that nobody trusts from each other', async () => {
    const { RTCDtlsTransport } = await import('werift');
    const { privateKey, certPem } = await RTCDtlsTransport.SetupCertificate();
    const key = privateKey as unknown as string;
    const secure = await open(https.createServer({ key, cert: certPem }, (_, response) => response.end('hello')));
    const rude = await open(net.createServer((socket) => socket.on('data', () => socket.destroy())));
    const mail = await open(net.createServer((socket) => socket.on('data', () => socket.end('220 mail ready\r\n'))));
    assert.deepEqual(await post(`https://127.0.0.1:${secure}/`), { failure: 'certificate' });
    const trusting = await post(`https://127.0.0.1:${secure}/`, true);
    assert.ok('status' in trusting && trusting.status === 200);
    assert.deepEqual(await post('http://127.0.0.1:9/'), { failure: 'refused' });
    assert.deepEqual(await post(`http://127.0.0.1:${rude}/`), { failure: 'lost' });
    assert.deepEqual(await post(`http://127.0.0.1:${mail}/`), { failure: 'not_http' });
    const plain = await open(http.createServer((_, response) => response.end()));
    assert.deepEqual(await post(`https://127.0.0.1:${plain}/`), { failure: 'not_http' });
  });
});

describe('a look at the disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wa-disk-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('measures room and a durable write, makes the folder if need be, and leaves nothing behind', async () => {
    const place = join(folder, 'new', 'place');
    const facts = await lookAtDisk(place);
    assert.ok(facts.freeBytes !== undefined && facts.freeBytes > 0);
    assert.ok(facts.syncMs !== undefined && facts.syncMs > 0);
    assert.equal(facts.refused, undefined);
    assert.deepEqual(readdirSync(place), []);
  });

  it('says why nothing can be written', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    assert.match((await lookAtDisk(join(file, 'below'))).refused ?? '', /^E(NOTDIR|EXIST)$/);
  });
});
