import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { checkout } from '../checkout.mts';
import { copyOfCheckout } from '../package/installation.ts';
import { freePort, NpmStart } from './npm-start.ts';

/** `npm start` as a person runs it, in a copy of the checkout. */
describe('npm start', function () {
  this.timeout(120_000);
  let folder: string;
  let port: number;
  let running: NpmStart | undefined;

  before(async () => {
    folder = await copyOfCheckout();
    port = await freePort();
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });
  after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

  const inCopy = (...parts: string[]) => path.join(folder, ...parts);

  it('builds, starts with the first example, and says where to go', async () => {
    running = new NpmStart(folder, port);
    await running.output(/Stop with Ctrl\+C/);
    assert.match(running.text, /Building/);
    assert.match(running.text, /Started flows/, "Node-RED's own log goes through");
    assert.ok(running.text.includes(`  Editor  http://127.0.0.1:${port}/\n`), running.text);
    assert.ok(running.text.includes(`  Phone   http://127.0.0.1:${port}/whatsapp-calling/phone/\n`), running.text);
    for (const address of [`http://127.0.0.1:${port}/`, `http://127.0.0.1:${port}/whatsapp-calling/phone/`]) {
      assert.match(await (await fetch(address)).text(), /<html/i, address);
    }
    const example = JSON.parse(await readFile(path.join(checkout, 'examples', '01 First call.json'), 'utf8')) as {
      id: string;
    }[];
    const { flows } = (await (await get('/flows')).json()) as { flows: { id: string }[] };
    assert.deepEqual(flows.map((node) => node.id).sort(), example.map((node) => node.id).sort());
    assert.match(await (await get('/nodes')).text(), /wa-call-initiate/);
    assert.equal((await stat(inCopy('.node-red', 'settings.js'))).mode & 0o077, 0, 'the secret is for its owner only');
  });

  it('refuses a taken port in one sentence, and says what to do', async () => {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    running = new NpmStart(folder, port);
    assert.equal(await running.ended, 1);
    assert.match(running.text, new RegExp(`Port ${port} is taken.*--port ${port + 1}`));
    assert.doesNotMatch(running.text, /Welcome to Node-RED/);
    server.close();
  });

  it('keeps the flow and the secret of the user, and neither installs nor builds again', async () => {
    const secret = await readFile(inCopy('.node-red', 'settings.js'), 'utf8');
    const flow = [{ id: 'mine', type: 'tab', label: 'Mine' }];
    await writeFile(inCopy('.node-red', 'flows.json'), JSON.stringify(flow));
    running = new NpmStart(folder, port);
    await running.output(/Stop with Ctrl\+C/);
    assert.doesNotMatch(running.text, /Building|Installing/);
    assert.match(running.text, /Phone {3}none/, 'no simulator in this flow, so no phone');
    const { flows } = (await (await get('/flows')).json()) as { flows: { id: string }[] };
    assert.deepEqual(
      flows.map((node) => node.id),
      ['mine'],
    );
    assert.equal(await readFile(inCopy('.node-red', 'settings.js'), 'utf8'), secret);
  });

  it('builds after a change, and leaves the last good build in place when that fails', async () => {
    await writeFile(inCopy('lib', 'broken.ts'), 'export const broken: number = "text";\n');
    running = new NpmStart(folder, port);
    assert.equal(await running.ended, 1);
    assert.match(running.text, /broken\.ts[\s\S]*do not compile/);
    assert.ok(existsSync(inCopy('dist', 'nodes', 'config.js')), 'the last good build is still there');
    await rm(inCopy('lib', 'broken.ts'));
  });

  it('ends with Node-RED, on SIGTERM and SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      running = new NpmStart(folder, port);
      await running.output(/Stop with Ctrl\+C/);
      running.child.kill(signal);
      assert.equal(await running.ended, 0, signal);
      await assert.rejects(get('/'), 'Node-RED is gone too');
    }
  });

  it('ends when npm is told to end, which tells nobody', async () => {
    running = new NpmStart(folder, port, 'npm');
    await running.output(/Stop with Ctrl\+C/);
    running.child.kill('SIGTERM');
    // Closed once nobody holds its output any more: npm, its shell, our program and Node-RED.
    await running.ended;
    await assert.rejects(get('/'), 'Node-RED is gone too');
  });

  const get = (route: string) =>
    fetch(`http://127.0.0.1:${port}${route}`, {
      headers: { 'Node-RED-API-Version': 'v2', Accept: 'application/json', Connection: 'close' },
    });
});
