import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { checkout } from '../checkout.mts';

type Judge = (this: object, value: unknown, options: object) => unknown;
interface Dialog {
  validator(key: string, fits: (this: object, value: unknown) => unknown): Judge;
  whole(low: number, high: number, key: string, fits?: (value: number) => boolean): Judge;
  decimal(low: number, high: number, key: string): Judge;
  text(pattern: RegExp, key: string): Judge;
  filled(key: string, pattern?: RegExp): Judge;
  atMost(length: number, key: string): Judge;
  json(key: string, fits: (value: unknown) => boolean): Judge;
  zone(key: string): Judge;
  when(condition: string, judge: Judge): Judge;
  current(node: object, name: string): unknown;
}

/** How a property names an environment variable. */
const ENV = ['$', '{NAME}'].join('');
const MISSING = [undefined, null, ''];
const DEFINITION = { category: 'WhatsApp calling', defaults: { action: { value: 'play' }, box: { value: false } } };
/** What the open dialog shows, by the id of its fields. */
let fields: Record<string, string | boolean> = {};
let open: object[] = [];

function load(): Dialog {
  const field = (id: string) => ({
    length: id in fields ? 1 : 0,
    is: () => typeof fields[id] === 'boolean',
    prop: () => fields[id],
    val: () => fields[id],
  });
  const context = createContext({
    Intl,
    RED: { _: (key: string) => key, editor: { getEditStack: () => open }, validators: {} },
    $: (selector: string) => field(selector.replace('#', '')),
  });
  runInContext('const window = globalThis', context);
  runInContext(readFileSync(join(checkout, 'nodes', 'dialog.js'), 'utf8'), context);
  return (context as unknown as { waCallDialog(entry: string, type: string): Dialog }).waCallDialog('media', 'wa-x');
}

describe('what the dialogs share', () => {
  const dialog = load();
  beforeEach(() => {
    fields = {};
    open = [];
  });
  const judged = (judge: Judge, good: unknown[], bad: unknown[], node: object = {}) => {
    for (const value of good) assert.equal(judge.call(node, value, {}), true, `${String(value)} is fine`);
    for (const value of bad)
      assert.equal(
        judge.call(node, value, {}),
        '@flowcall/node-red-whatsapp-calling/media:wa-x.error.key',
        `${String(value)} is not`,
      );
    // Node-RED takes a text for what is wrong only from those.
    assert.equal(judge.length, 2);
  };

  it('whole: a whole number in a range, or nothing', () => {
    judged(dialog.whole(1, 20, 'key'), [1, '20', ENV, ...MISSING], [0, '21', '1.5', '-1', ' ', 'x', '1e1', '0x10']);
  });

  it('whole: with a rule of its own', () => {
    const even = dialog.whole(0, 20, 'key', (value) => value % 2 === 0);
    judged(even, [0, '4', ENV, ''], [3, 22]);
  });

  it('decimal: a number in a range, or nothing', () => {
    judged(dialog.decimal(0.2, 600, 'key'), [0.2, '3', '3.5', ENV, ''], ['0.1', '601', '-1', '1,5', '.5', 'x']);
  });

  it('text: what a pattern describes, or nothing', () => {
    judged(dialog.text(/^[A-Z]{2}$/, 'key'), ['BR', ENV, ...MISSING], ['br', ' ', 'BRA']);
  });

  it('filled: something, and of a form', () => {
    judged(dialog.filled('key'), ['x', ' x', 0, ENV], [...MISSING, ' ', '\n']);
    judged(dialog.filled('key', /^https:/), ['https://x', ENV], [...MISSING, 'ftp://x']);
  });

  it('atMost: as long as that', () => {
    judged(dialog.atMost(3, 'key'), ['abc', ...MISSING], ['abcd']);
  });

  it('json: an object or a list, or nothing', () => {
    const lists = dialog.json('key', (value) => (value as unknown[]).length !== 1);
    judged(lists, ['[]', '{}', '["a","b"]', ENV, ...MISSING], ['["a"]', '3', 'null', '"x"', '{', 'x']);
  });

  it('zone: a name of a time zone, or nothing', () => {
    judged(
      dialog.zone('key'),
      ['Europe/Lisbon', 'UTC', ENV, ...MISSING],
      ['Mars/Olympus', '+01:00', 'Lisbon time', ' '],
    );
  });

  it('validator: any rule, which sees its node', () => {
    const judge = dialog.validator('key', function (value) {
      return value === (this as { other: string }).other;
    });
    judged(judge, ['a', ENV], ['b', undefined], { other: 'a' });
  });

  it('when: judges only where all parts of a condition hold, or those of another', () => {
    const judge = dialog.when('action=a,b kind!=x or box', dialog.filled('key'));
    for (const node of [{ action: 'a' }, { action: 'b', kind: 'y' }, { action: 'c', box: true }])
      judged(judge, ['x', ENV], [''], node);
    for (const node of [{ action: 'c' }, { action: 'a', kind: 'x' }, { box: false }, { box: 'true' }, {}])
      judged(judge, ['', 'x'], [], node);
  });

  it('takes a choice from the dialog that is open for this node, and no other', () => {
    const node = { _def: DEFINITION, action: 'record', box: true };
    const other = { _def: DEFINITION, action: 'stop' };
    fields = { 'node-input-action': 'digits', 'node-input-box': false };
    assert.deepEqual([dialog.current(node, 'action'), dialog.current(node, 'box')], ['record', true]);
    open = [node];
    assert.deepEqual([dialog.current(node, 'action'), dialog.current(node, 'box')], ['digits', false]);
    assert.equal(dialog.current(other, 'action'), 'stop');
  });

  it('takes the default of a choice that a flow of an earlier version lacks', () => {
    assert.equal(dialog.current({ _def: DEFINITION }, 'action'), 'play');
    judged(dialog.when('action=play', dialog.filled('key')), ['x'], [''], { _def: DEFINITION });
  });

  it('takes the fields of a configuration by their own ids', () => {
    const node = { _def: { category: 'config', defaults: { engine: { value: 'sqlite' } } } };
    fields = { 'node-config-input-engine': 'postgres', 'node-input-engine': 'x' };
    open = [node];
    assert.equal(dialog.current(node, 'engine'), 'postgres');
  });
});

describe('the style that the dialogs share', () => {
  it('touches only dialogs of ours, in the editor’s own colours', () => {
    const css = readFileSync(join(checkout, 'nodes', 'dialog.css'), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    const selectors = [...css.matchAll(/([^{}]+)\{/g)].flatMap((match) => (match[1] ?? '').split(/,(?![^(]*\))/));
    assert.ok(selectors.length > 5);
    for (const selector of selectors) assert.ok(selector.trim().startsWith('.wa-call-'), selector);
    assert.ok(!/#[0-9a-f]{3,8}\b|rgb\(/i.test(css));
  });
});
