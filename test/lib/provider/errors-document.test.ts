import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { META_ERRORS } from '../../../lib/provider/error-table.ts';
import { checkout } from '../../checkout.mts';

const AGAIN = {
  never: 'never without a change',
  wait: 'later: wait',
  transient: 'yes, later',
  operator: 'after the set-up is corrected',
};

describe('docs/errors.md', () => {
  it('has a row for every code, with the sentences that flows get', () => {
    const text = readFileSync(path.join(checkout, 'docs', 'errors.md'), 'utf8');
    const rows = text.split('\n').filter((line) => /^\| \d/.test(line));
    const expected = Object.entries(META_ERRORS)
      .sort(([one], [other]) => Number(one) - Number(other))
      .map(
        ([code, { code: ours, kind, text: what, nextStep }]) =>
          `| ${code} | \`${ours}\` | ${what} | ${nextStep} | ${AGAIN[kind]} |`,
      );
    assert.deepEqual(rows, expected);
  });
});
