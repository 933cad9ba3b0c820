import { strict as assert } from 'node:assert';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from '../../simulator/simulator.ts';
import { ANA, Business, NUMBER } from './business.ts';

describe('simulator: state file', () => {
  let folder: string;
  let stateFile: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'wa-simulator-'));
    stateFile = join(folder, 'deep', 'state.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('permission, counters, settings, clock and people survive a restart', async () => {
    let business = await Business.start({ stateFile, pace: 1 });
    await business.ask();
    await business.simulator.control.do('permission', { user: ANA.phone, answer: 'temporary' });
    await business.simulator.control.do('people', { phone: '12125550100', name: 'Sam' });
    await business.graph('POST', `${NUMBER}/settings`, { calling: { call_icon_visibility: 'DISABLE_ALL' } });
    await business.advance(3 * 86_400);
    const before = (await business.permissions()).body;
    await business.close();

    business = await Business.start({ stateFile, pace: 1 });
    try {
      assert.deepEqual((await business.permissions()).body, before);
      assert.equal(
        (await business.graph('GET', `${NUMBER}/settings`)).body.calling.call_icon_visibility,
        'DISABLE_ALL',
      );
      assert.equal((await business.ask('12125550100')).status, 200);
      await business.advance(4 * 86_400 + 10);
      assert.equal((await business.connect()).body.error.code, 138006);
    } finally {
      await business.close();
    }
  });

  it('what was granted is in the file before the business hears of it', async () => {
    const business = await Business.start({ stateFile });
    try {
      await business.allow();
      await business.event('reply:accept');
      assert.equal(JSON.parse(readFileSync(stateFile, 'utf8')).pairs[ANA.userId].permission.status, 'permanent');
      assert.deepEqual(readdirSync(join(folder, 'deep')), ['state.json']);
      assert.equal(statSync(stateFile).mode & 0o077, 0);
    } finally {
      await business.close();
    }
  });

  it('webhooks that nobody took are sent after the restart', async () => {
    const first = await startSimulator({ relay: false, stateFile, webhook: { url: 'http://127.0.0.1:9/gone' } });
    await first.control.do('message', { user: ANA.phone, text: 'still here' });
    await first.close();
    const business = await Business.start({ stateFile });
    try {
      assert.equal((await business.event('text')).item.text.body, 'still here');
    } finally {
      await business.close();
    }
  });

  it('live calls end after the restart; the business can end them too', async () => {
    let business = await Business.start({ stateFile, pace: 1 });
    await business.allow();
    await business.simulator.control.do('script', { user: ANA.phone, script: 'answers' });
    const talking = (await business.connect({ biz_opaque_callback_data: 'mine' })).body.calls[0].id;
    await business.advance(10);
    await business.allow('351912000456');
    const other = (await business.connect({ to: '351912000456' })).body.calls[0].id;
    await business.event('ACCEPTED');
    await business.close();

    business = await Business.start({ stateFile, pace: 1 });
    try {
      assert.equal((await business.connect()).body.error.code, 138003);
      assert.equal((await business.terminate(other)).status, 200);
      await business.advance(31);
      await business.event('terminate', 2);
      const ends = business.events().filter(({ kind }) => kind === 'terminate');
      assert.deepEqual(
        ends.map(({ item }) => [item.id, item.status]).sort(),
        [
          [other, 'COMPLETED'],
          [talking, 'FAILED'],
        ].sort(),
      );
      const talked = ends.find(({ item }) => item.id === talking);
      assert.equal(talked?.value.errors[0].code, 138021);
      assert.equal(talked?.item.biz_opaque_callback_data, 'mine');
      assert.equal((await business.connect()).status, 200);
    } finally {
      await business.close();
    }
  });

  it('no passwords of media and no credentials lie in it', async () => {
    const business = await Business.start({ stateFile });
    await business.allow();
    business.answers = [500, 500, 500, 500, 500, 500];
    await business.connect();
    await business.until('connect tried', () => business.received.length >= 2);
    const text = readFileSync(stateFile, 'utf8');
    await business.close();
    const { accessToken, appSecret, verifyToken } = business.simulator.settings;
    for (const secret of ['ice-pwd', accessToken, appSecret, verifyToken]) assert.equal(text.includes(secret), false);
  });

  it('a damaged or foreign file is refused with what to do, and stays as it is', async () => {
    const file = join(folder, 'state.json');
    for (const content of ['', '{"version":1', '[]', '{"version":2}', '{"version":1,"people":"all"}', 'null']) {
      writeFileSync(file, content);
      await assert.rejects(startSimulator({ relay: false, stateFile: file }), {
        name: 'SimulatorError',
        code: 'state_file_invalid',
        nextStep: /Move or delete/,
      });
      assert.equal(readFileSync(file, 'utf8'), content);
    }
    await assert.rejects(startSimulator({ relay: false, stateFile: folder }), { code: 'state_file_unreadable' });
  });

  it('a file that cannot be written stops nothing', async () => {
    writeFileSync(join(folder, 'file'), '');
    const said: string[] = [];
    const original = console.error;
    console.error = (text: string) => void said.push(text);
    try {
      const business = await Business.start({ stateFile: join(folder, 'fresh', 'state.json') });
      rmSync(join(folder, 'fresh'), { recursive: true, force: true });
      writeFileSync(join(folder, 'fresh'), 'a file in the way');
      await business.allow();
      await business.event('reply:accept');
      await business.close();
    } finally {
      console.error = original;
    }
    assert.match(said[0] ?? '', /state file cannot be written/);
  });
});
