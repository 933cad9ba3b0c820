import { strict as assert } from 'node:assert';
import { META_ERRORS, metaError } from '../../../lib/provider/error-table.ts';

/** Every code that the reference names, in its sections 8.1 and 8.2. */
const CALLING = [
  100, 613, 131009, 131026, 131030, 131044, 131055, 138000, 138001, 138002, 138003, 138004, 138005, 138006, 138007,
  138008, 138009, 138010, 138011, 138012, 138013, 138014, 138015, 138016, 138017, 138018, 138019, 138020, 138021,
  138022, 138023,
];
const GENERAL = [
  0, 190, 3, 10, 131005, 4, 80007, 130429, 131056, 131048, 131064, 368, 131031, 130497, 130403, 1, 2, 131000, 131016,
  133004, 33, 131008, 131021, 131042, 131045, 133010, 131047, 131049, 131050, 131057, 132000, 132001, 132005, 132007,
  132012, 132015, 132016, 133016,
];

describe('error table', () => {
  it('has every code, each with a plain sentence and a next step', () => {
    for (const code of [...CALLING, ...GENERAL]) {
      const entry = META_ERRORS[String(code)];
      assert(entry, `${code} is missing`);
      assert.match(entry.code, /^provider_[a-z_]+$/);
      assert.match(entry.text, /^[A-Z].{15,}\.$/);
      assert.match(entry.nextStep, /^[A-Z].{10,}[.;]/);
    }
    assert.equal(Object.keys(META_ERRORS).length, CALLING.length + GENERAL.length);
  });
  it('says of the ones that decide what is to be done', () => {
    const kinds = {
      138006: 'never',
      138009: 'wait',
      138012: 'wait',
      138014: 'wait',
      138013: 'operator',
      190: 'operator',
      138002: 'transient',
      131047: 'never',
      138003: 'wait',
      131055: 'operator',
    };
    for (const [code, kind] of Object.entries(kinds)) assert.equal(metaError(code, 400).kind, kind, code);
  });
  it('knows what to do with codes it does not know', () => {
    assert.equal(metaError('200', 403).code, 'provider_grants_missing');
    assert.equal(metaError('299', 403).code, 'provider_grants_missing');
    assert.equal(metaError('138099', 400).code, 'provider_calling_error');
    assert.equal(metaError('999999', 400).code, 'provider_refused');
    assert.equal(metaError('999999', 401).code, 'provider_token_invalid');
    assert.equal(metaError('999999', 403).code, 'provider_grants_missing');
    assert.equal(metaError('999999', 404).code, 'provider_not_found');
    assert.equal(metaError('999999', 429).code, 'provider_rate_limit');
    assert.equal(metaError('999999', 500).code, 'provider_server_error');
    assert.equal(metaError(undefined, 400).code, 'provider_refused');
    for (const odd of ['__proto__', 'constructor', 'toString', ''])
      assert.equal(metaError(odd, 400).code, 'provider_refused');
  });
});
