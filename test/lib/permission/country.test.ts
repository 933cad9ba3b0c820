import { strict as assert } from 'node:assert';
import { countryOf } from '../../../lib/permission/country.ts';
import { mayCall } from '../../../lib/permission/may-call.ts';
import { mayRequest } from '../../../lib/permission/may-request.ts';
import { META_2026 } from '../../../lib/permission/rules.ts';
import { NOON, snapshot } from './snapshots.ts';

describe('R9: the country of the business number', () => {
  const from = (phone: string) => snapshot({ businessNumber: { id: 'pn', phone }, serviceWindowFrom: NOON });

  it('blocks calls and requests from the excluded countries, naming the rule', () => {
    const excluded = {
      US: '12025550123',
      CA: '14165550123',
      EG: '201001234567',
      VN: '84912345678',
      NG: '2348031234567',
    };
    for (const [country, phone] of Object.entries(excluded)) {
      assert.equal(countryOf(phone), country);
      const call = mayCall(from(phone), META_2026, NOON);
      assert.equal(call.allowed, false);
      assert.equal(call.allowed || call.reason.code, 'country_not_supported');
      assert.equal(call.allowed || call.reason.rule?.date, '2026-06-26');
      assert.ok(call.allowed || call.reason.text.includes(country));
      const request = mayRequest(from(phone), META_2026, NOON, { via: 'auto', hasTemplate: true });
      assert.equal(request.allowed || request.reason.code, 'country_not_supported');
    }
  });

  it('tells the other countries of +1 apart by area code', () => {
    for (const phone of ['18765550123', '18095550123', '12465550123', '17875550123']) {
      assert.ok(!['US', 'CA'].includes(countryOf(phone) ?? 'US'), phone);
      assert.equal(mayCall(from(phone), META_2026, NOON).allowed, true, phone);
    }
  });

  it('takes +1 numbers of nobody for American, except the test numbers 555', () => {
    assert.equal(countryOf('12115550123'), 'US');
    assert.equal(countryOf('15550001234'), undefined);
    assert.equal(mayCall(from('15550001234'), META_2026, NOON).allowed, true);
  });

  it('does not block Turkey any more, and never looks at the country of the contact', () => {
    assert.equal(mayCall(from('905321234567'), META_2026, NOON).allowed, true);
    const american = { ...from('4930123456'), contact: { phone: '12025550123' } };
    assert.equal(mayCall(american, META_2026, NOON).allowed, true);
  });
});
