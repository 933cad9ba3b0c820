import { strict as assert } from 'node:assert';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';

describe('simulator: token and app', () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await startSimulator({ relay: false });
  });
  after(() => simulator.close());

  const get = async (path: string, token: string) => {
    const answer = await fetch(`${simulator.graphUrl}/v25.0${path}`, { headers: { authorization: `Bearer ${token}` } });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };

  it('tells what a token is good for, and keeps it out of the request log', async () => {
    const { accessToken, wabaId } = simulator.settings;
    const { status, body } = await get(`/debug_token?input_token=${accessToken}`, accessToken);
    const data = body.data as { is_valid: boolean; scopes: string[]; granular_scopes: { target_ids: string[] }[] };
    assert.deepEqual([status, data.is_valid, data.scopes.length], [200, true, 2]);
    assert.deepEqual(data.granular_scopes[0]?.target_ids, [wabaId]);
    const other = await get('/debug_token?input_token=other', accessToken);
    assert.equal((other.body.data as { is_valid: boolean }).is_valid, false);
    assert.ok(!JSON.stringify(simulator.control.read('requests')).includes(accessToken));
  });

  it('tells subscriptions to the app alone, which proves itself by its secret', async () => {
    const { accessToken, appSecret } = simulator.settings;
    const app = '100200300400500';
    const path = `/${app}/subscriptions`;
    for (const token of [accessToken, `${app}|wrong`]) assert.equal((await get(path, token)).status, 401);
    assert.deepEqual((await get(path, `${app}|${appSecret}`)).body.data, [], 'no webhook address yet');
    assert.equal((await get(`/${simulator.settings.phoneNumberId}`, `${app}|${appSecret}`)).status, 401);
  });
});
