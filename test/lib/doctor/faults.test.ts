import { strict as assert } from 'node:assert';
import type { Finding } from '../../../lib/doctor/finding.ts';
import { FAULTS, releasePorts } from './faults.ts';
import { Stand } from './stand.ts';

const complaints = (findings: readonly Finding[]): string[] =>
  findings.flatMap(({ id, level }) => (level === 'fail' || level === 'warn' ? [id] : [])).sort();

describe('the set-up check', function () {
  this.timeout(40_000);
  const stand = new Stand();
  before(() => stand.start());
  after(() => stand.close());
  afterEach(releasePorts);

  it('finds nothing wrong with a healthy set-up, and looks at everything', async () => {
    await stand.heal();
    const findings = await stand.examine();
    assert.deepEqual(
      findings.filter(({ level }) => level !== 'ok'),
      [],
    );
    const parts = [
      'api_reached',
      'token',
      'number',
      'country',
      'messaging_limit',
      'calling',
      'restrictions',
      'payment',
    ];
    parts.push('subscription', 'webhook_round_trip', 'webhook_handshake', 'media', 'clock', 'disk', 'store');
    const ids = findings.map(({ id }) => id);
    assert.deepEqual(
      parts.filter((id) => !ids.includes(id)),
      [],
    );
    assert.deepEqual(stand.endpoint.statistics().refused, 0);
  });

  it('leaves nothing behind and tells no secret', async () => {
    await stand.heal();
    const before = stand.simulator.control.read('state');
    const text = JSON.stringify(await stand.examine());
    const { accessToken, appSecret, verifyToken, businessNumber } = stand.simulator.settings;
    for (const secret of [accessToken, appSecret, verifyToken, businessNumber]) assert.ok(!text.includes(secret));
    assert.deepEqual(stand.simulator.control.read('state').people, before.people);
    assert.deepEqual(stand.simulator.control.read('violations').violations, []);
  });

  it('knows at least 30 faults', () => assert.ok(Object.keys(FAULTS).length >= 30, String(Object.keys(FAULTS).length)));

  describe('names the fault and blames nothing else:', () => {
    beforeEach(() => stand.heal());
    for (const [name, { arrange, change, spoil, finds }] of Object.entries(FAULTS)) {
      it(`${name}: ${finds.join(', ')}`, async () => {
        await arrange?.(stand);
        const findings = await stand.examine((setUp) => change?.(setUp, stand) ?? setUp, spoil);
        assert.deepEqual(complaints(findings), [...finds].sort(), JSON.stringify(findings.slice(0, 4), null, 1));
        for (const { id, level, what, why, next } of findings) {
          assert.match(id, /^[a-z][a-z0-9_]+$/);
          assert.match(what, /^\S.{10,}\.$/, id);
          assert.match(why, /^\S.{5,}\.$/, id);
          if (level !== 'ok') assert.match(next, /^[A-Z].{6,}\.$/, id);
          assert.doesNotMatch(`${what} ${why} ${next}`, /undefined|NaN|\[object|EAAsimulator/);
        }
      });
    }
  });
});
