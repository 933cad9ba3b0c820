import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { checkout } from '../checkout.mts';
import { manifest } from './manifest.ts';

const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(path.join(checkout, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.posix.join('docs', name.split(path.sep).join('/'))),
];
/** What the user makes, and what the build makes. */
const MADE = /^(\.node-red|coverage|dist)(\/|$)/;

describe('what is written', () => {
  for (const name of DOCUMENTS) {
    const text = readFileSync(path.join(checkout, name), 'utf8');

    it(`${name} links only to what is there`, () => {
      const links = [...text.matchAll(/\]\(([^)#\s]+)/g)].map((match) => match[1] ?? '');
      const local = links.filter((link) => !/^https?:/.test(link));
      assert.deepEqual(
        local.filter((link) => !existsSync(path.join(checkout, path.dirname(name), link))),
        [],
      );
    });

    it(`${name} names only files and commands that are there`, () => {
      const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
      const files = quoted.filter((word) =>
        /^(lib|nodes|simulator|test|scripts|docs|bench|examples|locales|icons|\.node-red|coverage)\/[^*…]*$/.test(word),
      );
      // `lib/x/y.ts` stands for any.
      const missing = files.filter(
        (file) => !MADE.test(file) && !/\/x\/?|\/x\./.test(file) && !existsSync(path.join(checkout, file)),
      );
      assert.deepEqual(missing, []);
      const scripts = [...text.matchAll(/npm run ([a-z:-]+)/g)].map((match) => match[1] ?? '');
      assert.deepEqual(
        scripts.filter((script) => manifest.scripts[script] === undefined),
        [],
      );
    });
  }

  it('the coverage lists all 165 lines once, and sums them up', () => {
    const text = readFileSync(path.join(checkout, 'docs', 'coverage.md'), 'utf8');
    const rows = [...text.matchAll(/^\| (\d+) \| [^|]+ \| (\w+)/gm)];
    assert.deepEqual(
      rows.map((row) => Number(row[1])),
      Array.from({ length: 165 }, (_, index) => index + 1),
    );
    for (const state of ['done', 'partly', 'decided', 'open']) {
      const sum = rows.filter((row) => row[2] === state).length;
      assert.match(text, new RegExp(`Sum: .*\\b${sum} ${state}\\b`));
    }
  });

  it('the changelog tells of this version', () => {
    const text = readFileSync(path.join(checkout, 'CHANGELOG.md'), 'utf8');
    assert.ok(text.includes(`\n## ${manifest.version}`));
  });
});
