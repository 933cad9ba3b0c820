import { strict as assert } from 'node:assert';
import { deriveSessionKeys } from '../../../../lib/media/srtp/session-keys.ts';

describe('SRTP session keys', () => {
  it('are those of RFC 3711, appendix B.3', () => {
    const { key, salt, authentication } = deriveSessionKeys(
      Buffer.from('E1F97A0D3E018BE0D64FA32C06DE4139', 'hex'),
      Buffer.from('0EC675AD498AFEEBB6960B3AABE6', 'hex'),
    );
    assert.equal(key.export().toString('hex').toUpperCase(), 'C61E7A93744F39EE10734AFE3FF7A087');
    assert.equal(salt.toString('hex').toUpperCase(), '30CBBC08863D8C85D49DB34A9AE1');
    assert.equal(authentication.toString('hex').toUpperCase(), 'CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4');
  });
});
