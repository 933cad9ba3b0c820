import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { injectNode, logNode, TAB } from './flows.ts';
import { NodeRedProcess } from './node-red-process.ts';

describe('the harness around the real Node-RED program', function () {
  this.timeout(120_000);
  let red: NodeRedProcess;

  before(async () => {
    red = await NodeRedProcess.start({
      palette: null,
      flows: [TAB, injectNode('go', ['out']), logNode('out', 'first')],
    });
  });
  after(() => red.stop());

  it('runs the flow file it was given', async () => {
    await red.inject('go');
    assert.match(await red.waitForLog(/\[test:first\]/), /"payload"|_msgid/);
  });

  it('deploys another flow', async () => {
    await red.deploy([TAB, injectNode('go', ['out']), logNode('out', 'second')], 'nodes');
    await red.inject('go');
    await red.waitForLog(/\[test:second\]/);
    assert.equal((await red.flows()).length, 3);
  });

  it('keeps flows and port over kill -9, and removes its directory in the end', async () => {
    const { port } = red;
    assert.deepEqual(await red.kill('SIGKILL'), { code: null, signal: 'SIGKILL' });
    await red.restart();
    assert.equal(red.port, port);
    assert.equal((await red.flows()).length, 3);
    await red.stop();
    assert.equal(existsSync(red.userDir), false);
  });

  it('tells why Node-RED could not start', async () => {
    const settings = { editorTheme: { tours: false }, httpAdminRoot: false, httpNodeRoot: false };
    await assert.rejects(
      NodeRedProcess.start({ palette: null, settings: { ...settings, uiHost: '203.0.113.9', httpNodeRoot: '/' } }),
      /Node-RED ended before[\s\S]*EADDRNOTAVAIL/,
    );
  });
});
