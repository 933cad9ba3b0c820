import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Worker } from 'node:worker_threads';
import { startSimulatorWorker } from '../../simulator/host.ts';

describe('simulator: in a thread of its own', () => {
  it('starts, takes a webhook address, answers and closes', async () => {
    const simulator = await startSimulatorWorker({ relay: false, verifyToken: 'shared' });
    const paths: string[] = [];
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      paths.push(`${request.method} ${url.pathname}`);
      request.resume();
      response.end(url.searchParams.get('hub.challenge') ?? '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      assert.equal(simulator.settings.verifyToken, 'shared');
      const hook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
      await assert.rejects(simulator.setWebhook('nonsense'), {
        code: 'webhook_url_invalid',
        nextStep: /whole address/,
      });
      await simulator.setWebhook(hook);
      const response = await fetch(`${simulator.url}/control/message`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ user: '5511955500123', text: 'Olá' }),
      });
      assert.equal(response.status, 200);
      while (!paths.includes('POST /hook')) await new Promise((resolve) => setTimeout(resolve, 10));
      const page = await fetch(simulator.phoneUrl);
      assert.equal(page.status, 200);
    } finally {
      await Promise.all([simulator.close(), simulator.close()]);
      server.closeAllConnections();
      server.close();
    }
    await assert.rejects(fetch(simulator.url));
    await assert.rejects(simulator.setWebhook('http://127.0.0.1:9/'), { code: 'simulator_crashed' });
  });

  it('a thread that dies is told, once, and later calls say so', async () => {
    const born = once(process, 'worker') as Promise<[Worker]>;
    const simulator = await startSimulatorWorker({ relay: false });
    const [worker] = await born;
    const crashes: Error[] = [];
    simulator.onCrash((error) => crashes.push(error));
    const gone = once(worker, 'exit');
    await worker.terminate();
    await gone;
    assert.equal(crashes.length, 1);
    assert.match(crashes[0]?.message ?? '', /has stopped/);
    await assert.rejects(simulator.setWebhook('http://127.0.0.1:9/'), { code: 'simulator_crashed' });
    await simulator.close();
    assert.equal(crashes.length, 1);
  });

  it('a start that fails says why and leaves no thread', async () => {
    await assert.rejects(startSimulatorWorker({ relay: false, ringSeconds: -1 }), {
      name: 'SimulatorError',
      code: 'options_invalid',
      message: /ringSeconds/,
    });
  });
});
