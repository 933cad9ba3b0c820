import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { checkout } from '../checkout.mts';
import { EditorEar } from './editor-ear.ts';
import type { FlowNode } from './flows.ts';
import { NodeRedProcess } from './node-red-process.ts';
import { freePort } from './npm-start.ts';

describe('the example of the set-up check', function () {
  this.timeout(90_000);
  let red: NodeRedProcess;
  let ear: EditorEar;
  let flows: FlowNode[];
  let simulator: string;
  const told: { text: string }[] = [];
  const team = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    told.push(JSON.parse(body));
    response.end('ok');
  });

  before(async () => {
    team.listen(0, '127.0.0.1');
    await once(team, 'listening');
    const port = await freePort();
    simulator = `http://127.0.0.1:${port}`;
    const example = await readFile(path.join(checkout, 'examples', '19 Check every morning.json'), 'utf8');
    const value = `http://127.0.0.1:${(team.address() as AddressInfo).port}/hook`;
    flows = (JSON.parse(example) as FlowNode[]).map((node) =>
      node.type === 'tab' ? { ...node, env: [{ name: 'TEAM_WEBHOOK', value, type: 'str' }] } : node,
    );
    red = await NodeRedProcess.start({ flows, settings: { waCallConfigSimulator: { port, relay: false } } });
    ear = await EditorEar.open(red.origin);
  });
  after(async () => {
    ear?.close();
    await red?.stop();
    team.close();
  });

  const idOf = (name: string): string => flows.find((node) => node.name === name)?.id ?? assert.fail(name);
  const said = (debug: string): string[] =>
    ear.topic('debug').flatMap(({ data }) => {
      const { id, msg } = data as { id: string; msg: string };
      return id === idOf(debug) ? [msg] : [];
    });
  async function checkNow(): Promise<void> {
    const before = said('everything is fine').length + said('problems').length;
    await red.inject(idOf('Check now'));
    const deadline = Date.now() + 40_000;
    while (said('everything is fine').length + said('problems').length === before) {
      assert.ok(Date.now() < deadline, red.tail());
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it('19: a healthy number is fine and bothers nobody; a fault reaches the team in words', async () => {
    await checkNow();
    assert.deepEqual(said('problems'), []);
    assert.match(said('everything is fine')[0] ?? '', /^no faults, no warnings, \d+ right$/);
    assert.deepEqual(told, []);

    const answer = await fetch(`${simulator}/control/account`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ fields: ['calls'] }),
    });
    assert.ok(answer.ok);
    await checkNow();
    const deadline = Date.now() + 10_000;
    while (told.length === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    const words: string[] = told.map(({ text }) => text);
    assert.equal(words.length, 1, red.tail());
    assert.match(
      words[0] ?? '',
      /^WhatsApp calling: 1 fault, no warnings, \d+ right\.\n✖ The app does not get the webhook field "messages"\./,
    );
  });
});
