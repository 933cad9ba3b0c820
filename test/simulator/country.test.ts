import { strict as assert } from 'node:assert';
import { countryOf, NO_BUSINESS_CALLS } from '../../simulator/country.ts';

describe('simulator: country of a number', () => {
  const cases: [string, string, boolean][] = [
    ['12125550100', 'US', false],
    ['14165550100', 'CA', false],
    ['18765550100', 'JM', true],
    ['12425550100', 'BS', true],
    ['17875550100', 'PR', true],
    ['201000000000', 'EG', false],
    ['84900000000', 'VN', false],
    ['2348000000000', 'NG', false],
    ['905000000000', 'TR', true],
    ['351211000100', 'PT', true],
    ['4915110000789', 'DE', true],
    ['5511955500123', 'BR', true],
    ['5350000000', 'CU', false],
    ['850000000000', 'KP', false],
    ['77010000000', 'KZ', true],
    ['79000000000', 'RU', true],
    ['9990000000', 'ZZ', true],
  ];
  for (const [number, country, allowed] of cases)
    it(`${number.slice(0, 4)}… is ${country}, business calls ${allowed ? 'allowed' : 'not available'}`, () => {
      assert.equal(countryOf(number), country);
      assert.equal(!NO_BUSINESS_CALLS.has(country), allowed);
    });
});
