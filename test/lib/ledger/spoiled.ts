/** What one argument of the ledger looks like, so that everything wrong can be put in every place of it. */
export type Shape =
  | { kind: 'leaf'; good: unknown; bad: readonly unknown[]; optional?: boolean }
  | { kind: 'object'; fields: Record<string, Shape>; optional?: boolean }
  | { kind: 'list'; of: Shape; most: number; optional?: boolean };

export interface Spoiled {
  /** For the report: where and what, without the value. */
  name: string;
  /** Field that the error must name; empty for a whole argument. */
  field: string;
  value: unknown;
  args: unknown[];
}

/** Ten million letters, once for all. */
export const HUGE = '7'.repeat(10_000_000);
const LIVE: readonly unknown[] = [() => 1, Symbol('x'), 10n, new Map(), new Date(0), Buffer.from('buffer')];
const NOT_TEXT: readonly unknown[] = [0, 7, Number.NaN, true, null, {}, [], ['text'], ...LIVE];
const NOT_NUMBER: readonly unknown[] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  '7',
  '',
  null,
  {},
  [],
  [7],
  true,
  ...LIVE,
];
const NOT_OBJECT: readonly unknown[] = [
  null,
  7,
  Number.NaN,
  '',
  'text',
  '__proto__',
  true,
  [],
  [{}],
  HUGE,
  ...LIVE.slice(0, 3),
];

/** Milliseconds: the year 300,000, before 1970, and what no clock shows. */
const ABSURD_TIMES = [9.4e15, 1e14, -1, -8.64e15, 1e308, -1e308, Number.MAX_VALUE];

export const text = (good: string): Shape => ({ kind: 'leaf', good, bad: [...NOT_TEXT, HUGE] });
/** A text that may not be empty. */
export const name = (good: string): Shape => ({ kind: 'leaf', good, bad: [...NOT_TEXT, HUGE, ''] });
export const phone = (good: string): Shape => ({
  kind: 'leaf',
  good,
  bad: [
    ...NOT_TEXT,
    HUGE,
    '',
    '+5511955500123',
    "1' OR '1'='1",
    '５５１１９５５５００１２３',
    '\ud800',
    '__proto__',
    '55 11',
    '1\n2345',
  ],
});
export const userId = (good: string): Shape => ({
  kind: 'leaf',
  good,
  bad: [...NOT_TEXT, HUGE, '', 'BR', 'br.1', 'BR.', 'BR.\ud800', 'BR.1\n', '__proto__', '../BR.1'],
});
export const time = (good: number): Shape => ({ kind: 'leaf', good, bad: [...NOT_NUMBER, ...ABSURD_TIMES] });
export const seconds = (good: number): Shape => ({ kind: 'leaf', good, bad: [...NOT_NUMBER, -1, 1e308] });
export const count = (good: number, most: number): Shape => ({
  kind: 'leaf',
  good,
  bad: [...NOT_NUMBER, -1, 0.5, 1e308, most + 1],
});
export const flag = (good: boolean): Shape => ({
  kind: 'leaf',
  good,
  bad: [0, 1, Number.NaN, 'true', '', null, {}, [], ...LIVE],
});
export const choice = (good: string): Shape => ({
  kind: 'leaf',
  good,
  bad: [...NOT_TEXT, HUGE, '', '__proto__', 'constructor', 'toString', good.toUpperCase(), `${good} `, '\ud800'],
});
/** What a flow gives along: anything that is JSON and not too much of it. */
export const json = (good: unknown): Shape => ({
  kind: 'leaf',
  good,
  bad: [HUGE, circular(), deep(), () => 1, 10n, { a: () => 1 }],
});
export const optional = (shape: Shape): Shape => ({ ...shape, optional: true });
export const object = (fields: Record<string, Shape>): Shape => ({ kind: 'object', fields });
export const list = (of: Shape, most: number): Shape => ({ kind: 'list', of, most });

function circular(): unknown {
  const ring: Record<string, unknown> = {};
  ring.ring = { ring };
  return ring;
}
function deep(): unknown {
  let value: unknown = 'end';
  for (let level = 0; level < 100_000; level++) value = [value];
  return value;
}

/** Arguments in which all is well. */
export function goodOf(shape: Shape): unknown {
  if (shape.kind === 'leaf') return shape.good;
  if (shape.kind === 'list') return [goodOf(shape.of)];
  return Object.fromEntries(Object.entries(shape.fields).map(([key, field]) => [key, goodOf(field)]));
}

/** The arguments again and again, each time with one thing wrong. */
export function* spoiled(shapes: readonly Shape[]): Generator<Spoiled> {
  for (const [at, shape] of shapes.entries()) {
    for (const { path, value } of wrongIn(shape)) {
      const args = shapes.map(goodOf);
      args[at] = put(args[at], path, value);
      const field = path.filter((key) => !/^\d+$/.test(key)).at(-1) ?? '';
      yield { name: `argument ${at + 1} ${path.join('.')} = ${brief(value)}`, field, value, args };
    }
  }
}

function* wrongIn(shape: Shape): Generator<{ path: string[]; value: unknown }> {
  if (!('optional' in shape)) yield { path: [], value: undefined };
  if (shape.kind === 'leaf') {
    for (const value of shape.bad) yield { path: [], value };
  } else if (shape.kind === 'list') {
    for (const value of [null, 7, '[]', {}, true, HUGE, () => 1]) yield { path: [], value };
    yield { path: [], value: Array.from({ length: shape.most + 1 }, () => goodOf(shape.of)) };
    yield { path: [], value: new Array(3) };
    for (const { path, value } of wrongIn(shape.of)) yield { path: ['0', ...path], value };
  } else {
    for (const value of NOT_OBJECT) yield { path: [], value };
    if (Object.values(shape.fields).some((field) => !('optional' in field))) {
      yield { path: [], value: {} };
      yield { path: [], value: circular() };
      yield { path: [], value: JSON.parse(`{"__proto__":${JSON.stringify(goodOf(shape))}}`) };
    }
    for (const [key, field] of Object.entries(shape.fields)) {
      for (const { path, value } of wrongIn(field)) yield { path: [key, ...path], value };
    }
  }
}

function put(target: unknown, [key, ...rest]: string[], value: unknown): unknown {
  if (key === undefined) return value;
  const copy = (Array.isArray(target) ? [...target] : { ...(target as object) }) as Record<string, unknown>;
  copy[key] = put(copy[key], rest, value);
  return copy;
}

function brief(value: unknown): string {
  if (typeof value === 'string') return `text of ${value.length}: ${JSON.stringify(value.slice(0, 12))}`;
  if (Array.isArray(value)) return `list of ${value.length}`;
  return typeof value === 'object' && value !== null ? value.constructor.name : String(value);
}
