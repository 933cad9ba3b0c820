import pg from 'pg';

/** A text with a time in it is another one each time. */
const ONCE = /\d{12,}/;

/**
 * From now on this thread's connections keep the plans of their statements: half of what the server has to do for the model is
 * to plan the same statements again. (The engine itself must not name them: behind a transaction pooler they would be gone.)
 */
export function prepareStatements(): void {
  const prototype = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
  const { query } = prototype;
  const names = new Map<string, string>();
  prototype.query = function (text, values, ...more) {
    const plan = typeof text === 'string' && /^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b/.test(text) && !ONCE.test(text);
    if (!plan) return query.call(this, text, values, ...more);
    // Schemas are many, and each has its own connections.
    const kind = text.replace(/"m\d+_\d+"/g, '');
    const name = names.get(kind) ?? `s${names.size}`;
    names.set(kind, name);
    return query.call(this, { text, values, name }, undefined, ...more);
  };
}
