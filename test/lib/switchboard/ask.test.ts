import { strict as assert } from 'node:assert';
import { ANA, bench, NUMBER } from './bench.ts';
import { badToken, notSent, refused, timeout } from './fake-provider.ts';

const EVA = { phone: '351911000100' };

describe('lib/switchboard/ask', () => {
  it('asks once the ledger has reserved, with what fits the way', async () => {
    const { switchboard, provider, ledger } = bench();
    const template = { name: 'call_me', language: 'pt_BR', parameters: ['7'] };
    provider.onRequest = async () => ({ requestId: 'wamid.7', contact: { userId: 'PT.7' } });
    const result = await switchboard.ask({ contact: EVA, purpose: 'p', via: 'auto', text: 'May we call?', template });
    assert.deepEqual(result.outcome === 'requested' && result.contact, { ...EVA, userId: 'PT.7' });
    assert.deepEqual(provider.requests, [{ contact: EVA, via: 'template', template }]);
    assert.deepEqual(ledger.settled[0]?.settlement, {
      state: 'consumed',
      providerId: 'wamid.7',
      contact: { userId: 'PT.7' },
    });
    await switchboard.ask({ contact: EVA, purpose: 'p', via: 'freeform', text: 'May we call?' });
    assert.deepEqual(provider.requests[1], { contact: EVA, via: 'freeform', text: 'May we call?' });
    await switchboard.close('shutdown');
  });

  it('does not ask who has allowed it already, except when do-not-call stands', async () => {
    const { switchboard, provider, ledger } = bench();
    const asked = { purpose: 'p', via: 'freeform' as const };
    assert.equal((await switchboard.ask({ contact: ANA, ...asked })).outcome, 'already_granted');
    ledger.grant(ANA, { kind: 'temporary', expiresAt: Date.now() + 60_000 });
    assert.equal((await switchboard.ask({ contact: ANA, ...asked })).outcome, 'already_granted');
    ledger.blocked.add('BR.1');
    assert.equal((await switchboard.ask({ contact: ANA, ...asked })).outcome, 'blocked');
    assert.deepEqual(provider.requests, []);
    ledger.blocked.clear();
    ledger.grant(ANA, { kind: 'temporary', expiresAt: Date.now() - 1 });
    assert.equal((await switchboard.ask({ contact: ANA, ...asked })).outcome, 'requested');
    await switchboard.close('shutdown');
  });

  it('gives the provider’s refusals as reasons and lets the ledger learn', async () => {
    const cases = [
      ['138009', 'request_limit_day', 'request_limit'],
      ['131047', 'service_window_closed', undefined],
      ['138001', 'provider_refused', undefined],
    ] as const;
    for (const [code, ours, says] of cases) {
      const { switchboard, provider, ledger } = bench();
      provider.onRequest = () => Promise.reject(refused(code));
      const result = await switchboard.ask({ contact: EVA, purpose: 'p', via: 'freeform', text: 't' });
      assert.ok(result.outcome === 'blocked');
      assert.equal(result.reason.code, ours);
      assert.equal(result.reason.provider?.code, code);
      assert.equal(ledger.corrections[0]?.says, says);
      assert.deepEqual(ledger.corrections[0]?.businessNumber, says === undefined ? undefined : NUMBER);
      assert.equal(ledger.settled[0]?.settlement.state, 'released');
      await switchboard.close('shutdown');
    }
  });

  it('learns that the person has allowed calls for good already', async () => {
    const { switchboard, provider, ledger } = bench();
    provider.onRequest = () => Promise.reject(refused('138017'));
    const result = await switchboard.ask({ contact: EVA, purpose: 'p', via: 'freeform', text: 't' });
    assert.ok(result.outcome === 'already_granted');
    assert.equal(result.permission.status, 'granted');
    assert.equal(ledger.corrections[0]?.says, 'permanent');
    assert.equal(ledger.settled[0]?.settlement.state, 'released');
    await switchboard.close('shutdown');
  });

  it('throws faults, and counts what may have been sent', async () => {
    for (const [error, state] of [
      [timeout(), 'unknown'],
      [notSent(), 'released'],
      [badToken(), 'released'],
    ] as const) {
      const { switchboard, provider, ledger } = bench();
      provider.onRequest = () => Promise.reject(error);
      await assert.rejects(switchboard.ask({ contact: EVA, purpose: 'p', via: 'freeform', text: 't' }), error);
      assert.equal(ledger.settled[0]?.settlement.state, state);
      assert.equal(provider.requests.length, 1);
      await switchboard.close('shutdown');
    }
  });

  it('does not ask when the store is down', async () => {
    const { switchboard, provider, ledger } = bench();
    ledger.down = true;
    const asking = switchboard.ask({ contact: EVA, purpose: 'p', via: 'freeform', text: 't' });
    await assert.rejects(asking, { code: 'store_unavailable' });
    assert.deepEqual(provider.requests, []);
    await switchboard.close('shutdown');
  });
});
