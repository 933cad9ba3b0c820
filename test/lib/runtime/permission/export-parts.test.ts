import { strict as assert } from 'node:assert';
import { inParts, type Part } from '../../../../lib/runtime/permission/export-parts.ts';

async function* from(lines: string[]): AsyncGenerator<string> {
  yield* lines;
}
const parts = async (lines: string[], size?: number): Promise<Part[]> => {
  const all: Part[] = [];
  for await (const part of inParts(from(lines), size)) all.push(part);
  return all;
};

describe('parts of an export', () => {
  it('is one text if it is short, and one empty text if there is nothing', async () => {
    assert.deepEqual(await parts(['a', 'b\n']), [{ text: 'a\nb\n', index: 0, lines: 2, last: true }]);
    assert.deepEqual(await parts([]), [{ text: '', index: 0, lines: 0, last: true }]);
  });

  it('are whole lines, numbered, and together the whole; only the last says so', async () => {
    const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`);
    const all = await parts(lines, 40);
    assert.equal(all.map(({ text }) => text).join(''), `${lines.join('\n')}\n`);
    assert.deepEqual(
      all.map(({ index }) => index),
      all.map((_, index) => index),
    );
    assert.ok(all.length > 10 && all.every(({ text }) => text.endsWith('\n') && text.length < 60));
    assert.deepEqual(
      all.filter(({ last }) => last),
      all.slice(-1),
    );
    assert.equal(
      all.reduce((sum, part) => sum + part.lines, 0),
      100,
    );
  });

  it('are given while the rest is still to come, two parts behind at most', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<string> {
      for (;;) {
        read += 1;
        yield 'x'.repeat(9);
      }
    }
    const reader = inParts(endless(), 100);
    for (const index of [0, 1, 2]) {
      const { value } = await reader.next();
      assert.deepEqual([(value as Part).index, (value as Part).last], [index, false]);
      assert.ok(read <= (index + 2) * 10 + 1, `${read} lines read for part ${index}`);
    }
    await reader.return(undefined);
  });

  it('fail with their source', async () => {
    async function* failing(): AsyncGenerator<string> {
      yield 'a';
      throw new Error('store gone');
    }
    const reader = inParts(failing());
    await assert.rejects(async () => {
      for await (const _ of reader);
    }, /store gone/);
  });
});
