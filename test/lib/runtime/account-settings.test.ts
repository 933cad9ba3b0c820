import { strict as assert } from 'node:assert';
import { cloudLine, readAccountSettings } from '../../../lib/runtime/account-settings.ts';

const NUMBER = { provider: 'meta', phoneNumberId: '1', businessNumber: '+55 11 95550-0100' };
const SECRETS = { accessToken: 'a', appSecret: 'b', verifyToken: 'c' };

describe('account settings', () => {
  it('take the media engine that was chosen, and the one that comes along otherwise', () => {
    const engine = (mediaEngine?: string) =>
      cloudLine(readAccountSettings({ ...NUMBER, mediaEngine }), SECRETS).legOptions.engine;
    assert.equal(engine('node-datachannel'), 'node-datachannel');
    assert.equal(engine('werift'), undefined);
    assert.equal(engine(), undefined);
    assert.throws(() => engine('other'), { code: 'config_invalid' });
  });

  it('keep the sound on this machine if the API is on it and no address was set', () => {
    const bind = (baseUrl: string, mediaBindAddress = '') =>
      cloudLine(readAccountSettings({ ...NUMBER, provider: 'custom', baseUrl, mediaBindAddress }), SECRETS).legOptions
        .bindAddress;
    assert.equal(bind('http://127.0.0.1:4001'), '127.0.0.1');
    assert.equal(bind('http://localhost:4001/graph'), '127.0.0.1');
    assert.equal(bind('https://waba.example.com'), undefined);
    assert.equal(bind('http://127.0.0.1:4001', '192.0.2.7'), '192.0.2.7');
  });
});
