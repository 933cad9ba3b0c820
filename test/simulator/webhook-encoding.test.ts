import { strict as assert } from 'node:assert';
import { encodeWebhook, signature } from '../../simulator/webhook-encoding.ts';

describe('simulator: encoding and signature of webhooks', () => {
  it('signs the test vector of the reference', () => {
    assert.equal(
      signature('{"object":"whatsapp_business_account","entry":[]}', 'test_app_secret'),
      'sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756',
    );
  });

  it('writes / as \\/ and everything beyond ASCII as \\uXXXX, and it reads back the same', () => {
    const value = { text: 'Gonçalves 😀 a/b\u2028\u007f', ' odd ': ['é', null, 1] };
    const bytes = encodeWebhook(value);
    const text = bytes.toString('latin1');
    assert.ok(text.includes('Gon\\u00e7alves \\ud83d\\ude00 a\\/b\\u2028\\u007f'), text);
    assert.ok(bytes.every((byte) => byte < 0x7f));
    assert.deepEqual(JSON.parse(text), value);
  });
});
