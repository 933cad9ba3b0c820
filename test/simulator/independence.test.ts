import { strict as assert } from 'node:assert';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { simulatorUrl } from '../../simulator/worker-url.mts';

describe('simulator: independence', () => {
  it('the referee knows nothing of our own rules, ledger, webhook receiver and provider, not even types', () => {
    const folder = dirname(fileURLToPath(simulatorUrl('simulator')));
    const files = globSync('**/*.{ts,mts}', { cwd: folder });
    assert.ok(files.includes('rules.ts') && files.length > 40, `${files.length} files`);
    for (const file of files) {
      const source = readFileSync(join(folder, file), 'utf8');
      const imports = [...source.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
      const ours = imports.filter((name) => /(^|\/)(lib|nodes)\//.test(name) && !/\/lib\/media\//.test(name));
      assert.deepEqual(ours, [], file);
    }
  });
});
