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
});
