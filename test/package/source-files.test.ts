import { strict as assert } from 'node:assert';
import { importsIn, withoutComments } from './source-files.ts';

describe('reading imports', () => {
  const found = (text: string) =>
    importsIn('lib/a/x.ts', text).map((entry) => [entry.file ?? entry.specifier, entry.typeOnly]);

  it('sees every way to import', () => {
    const text = [
      "import { one } from '../b/y.ts';",
      'import {\n  two,\n  type Three,\n} from "double";',
      "import {\n  four,\n} from 'four';",
      "import 'node:five';",
      "export * from './z.ts';",
      "const six = await import('six');",
    ].join('\n');
    assert.deepEqual(found(text), [
      ['lib/b/y.ts', false],
      ['four', false],
      ['node:five', false],
      ['lib/a/z.ts', false],
      ['six', false],
    ]);
  });

  it('tells what is gone before the program runs', () => {
    assert.deepEqual(found("import type { A } from 'node-red';\nexport type { B } from './b.ts';"), [
      ['node-red', true],
      ['lib/a/b.ts', true],
    ]);
    assert.deepEqual(found("type C = typeof import('pg');"), []);
  });

  it('does not read comments, and does not take an address for one', () => {
    assert.deepEqual(found("// import { a } from 'axios';\n/* import 'b'; */\n * import('c')"), [['c', false]]);
    assert.equal(withoutComments("get('https://x.test'); // require('y')\n"), "get('https://x.test'); \n");
  });
});
