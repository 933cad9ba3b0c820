import { strict as assert } from 'node:assert';
import { createScrubber, maskPhones } from '../../../lib/provider/scrub.ts';

describe('scrub', () => {
  const secret = 'qwertzuiopasdfghjkl';
  const scrub = createScrubber([secret, '', 'kurz']);
  it('takes out secrets: whole, in pieces, encoded, short ones too', () => {
    assert.equal(scrub(`a ${secret} b`), 'a [removed] b');
    assert.equal(scrub(`a ${secret.slice(3)} b`), 'a [removed] b');
    assert.equal(scrub(`a ${Buffer.from(secret).toString('hex')} b`), 'a [removed] b');
    assert.equal(scrub('a kurz b'), 'a [removed] b');
    assert.equal(scrub('token: abc, Bearer xyz'), 'token: [removed], Bearer [removed]');
  });
  it('leaves ordinary text as it is', () => {
    const text = 'No fingerprint found in SDP; next call after 1795259400, limit 100 (code 138012).';
    assert.equal(scrub(text), text);
  });
  it('makes one line of at most 500 characters', () => {
    assert.equal(scrub('a\r\n\u0000b'), 'a b');
    assert.equal(scrub('x'.repeat(10_000)).length, 500);
  });
  it('masks phone numbers but not times', () => {
    assert.equal(maskPhones('call 5511955500123 now'), 'call +55119…0123 now');
    assert.equal(maskPhones('+4915700000042'), '+49157…0042');
    assert.equal(maskPhones('until 1795259400'), 'until 1795259400');
    assert(!maskPhones('+1795259400').includes('1795259400'));
    assert.equal(maskPhones('code 138012, 24 h, 10000 calls'), 'code 138012, 24 h, 10000 calls');
  });
});
