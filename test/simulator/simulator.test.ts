import { strict as assert } from 'node:assert';
import { type SimulatorOptions, startSimulator } from '../../simulator/simulator.ts';

describe('simulator: start and stop', () => {
  it('works without options but for media: three people, new secrets every time, loopback only', async () => {
    const one = await startSimulator({ relay: false });
    const two = await startSimulator({ relay: false });
    try {
      assert.match(one.url, /^http:\/\/127\.0\.0\.1:\d+$/);
      assert.equal(one.phoneUrl, `${one.url}/phone/`);
      assert.equal(one.settings.phoneNumberId, '334455667788990');
      assert.equal(one.settings.businessNumber, '351211000100');
      for (const name of ['accessToken', 'appSecret', 'verifyToken'] as const)
        assert.notEqual(one.settings[name], two.settings[name]);
      const { people } = one.control.read('state') as { people: { phone: string; userId: string; name: string }[] };
      assert.equal(people.length, 3);
      assert.deepEqual(
        [people[0]?.phone, people[0]?.userId, people[0]?.name],
        ['5511955500123', 'BR.48219037716650284417', 'Ana Lima'],
      );
    } finally {
      await Promise.all([one.close(), two.close()]);
    }
    await assert.rejects(fetch(one.url));
  });

  it('starts at the time it is told', async () => {
    const simulator = await startSimulator({ relay: false, clock: '2026-11-20T12:00:00Z' });
    const { now } = simulator.control.read('state') as { now: string };
    assert.match(now, /^2026-11-20T12:00:0/);
    await simulator.close();
  });

  it('a port in use and wrong options are named', async () => {
    const simulator = await startSimulator({ relay: false });
    const port = Number(new URL(simulator.url).port);
    await assert.rejects(startSimulator({ relay: false, port }), {
      code: 'port_in_use',
      message: new RegExp(`${port}`),
    });
    await simulator.close();
    for (const [options, name] of [
      [{ port: 70_000 }, /port/],
      [{ businessNumber: '+351 211' }, /businessNumber/],
      [{ ringSeconds: 0 }, /ringSeconds/],
      [{ people: [{ phone: 'Ana' }] }, /people/],
      [{ script: { name: 'dances' } }, /script/],
      [{ limits: { requestsPerDay: 0 } }, /limits/],
      [{ colour: 'blue' }, /colour/],
      [{ clock: 'yesterday' }, /clock/],
    ] as const)
      await assert.rejects(startSimulator({ relay: false, ...options } as SimulatorOptions), {
        code: 'options_invalid',
        message: name,
      });
    await assert.rejects(startSimulator({ relay: false, webhook: { url: 'nonsense' } }), {
      code: 'webhook_url_invalid',
    });
  });

  it('closes with calls ringing and webhooks waiting', async () => {
    const simulator = await startSimulator({ relay: false, webhook: { url: 'http://127.0.0.1:9/gone' } });
    await simulator.control.do('message', { user: '5511955500123', text: 'x' });
    await simulator.control.do('call/start', { user: '5511955500123' });
    await simulator.close();
  });
});
