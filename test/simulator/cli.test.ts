import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { simulatorUrl } from '../../simulator/worker-url.mts';

const CLI = fileURLToPath(simulatorUrl('cli'));

function run(...args: string[]): { child: ChildProcess; output: () => string; error: () => string } {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let error = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    error += chunk;
  });
  return { child, output: () => output, error: () => error };
}

describe('simulator: command line', () => {
  it('prints addresses and credentials that work, and ends on SIGTERM', async () => {
    const { child, output, error } = run(
      '--no-relay',
      '--port',
      '0',
      '--access-token',
      'my-token',
      '--business-number',
      '4930123456',
    );
    while (!output().includes('Ctrl+C')) {
      assert.equal(child.exitCode, null, error());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const line = (name: string) => new RegExp(`${name}\\s+(\\S+)`).exec(output())?.[1] ?? '';
    assert.equal(line('Access token'), 'my-token');
    assert.equal(line('Business number'), '+4930123456');
    const settings = await fetch(`${line('Graph API')}/settings`, { headers: { Authorization: 'Bearer my-token' } });
    assert.equal(settings.status, 200);
    assert.equal((await fetch(line('Phone'))).status, 200);
    assert.equal((await fetch(line('Control'))).status, 200);
    child.kill('SIGTERM');
    await once(child, 'exit');
    assert.equal(child.exitCode, 0, error());
  });

  for (const [args, text] of [
    [['--port', 'http'], /--port needs a number/],
    [['--port', '99999'], /option port is not valid/],
    [['--nonsense'], /nonsense/],
    [['--webhook', 'nonsense', '--no-relay'], /not an http or https URL/],
  ] as const)
    it(`says what is wrong with ${args.join(' ')}`, async () => {
      const { child, error } = run(...args);
      await once(child, 'close');
      assert.equal(child.exitCode, 1);
      assert.match(error(), text);
      assert.equal(error().includes('    at '), false, 'no stack');
    });

  it('--help', async () => {
    const { child, output } = run('--help');
    await once(child, 'close');
    assert.equal(child.exitCode, 0);
    assert.match(output(), /--webhook URL/);
  });
});
