import { z } from 'zod';
import { ReportableError } from './reportable-error.ts';

/**
 * Node properties as they really arrive: a value set by `${NAME}` is always a string and skips the editor's validation,
 * a flow of an older version lacks properties, and an imported one may hold anything.
 */

/** A text; missing is the default. */
export const text = (fallback = ''): z.ZodType<string> =>
  z.preprocess(
    (value) => (value === undefined || value === null ? fallback : typeof value === 'string' ? value.trim() : value),
    z.string(),
  );

/** A number, also as a string; missing or empty is the default. */
export const number = (fallback: number, range: { min: number; max: number; whole?: boolean }): z.ZodType<number> =>
  z.preprocess(
    (value) => {
      if (value === undefined || value === null || value === '') return fallback;
      return typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    },
    (range.whole === false ? z.number() : z.number().int()).min(range.min).max(range.max),
  );

/** A switch, also as the strings that environment variables hold. */
export const flag = (fallback: boolean): z.ZodType<boolean> =>
  z.preprocess((value) => {
    if (value === undefined || value === null || value === '') return fallback;
    if (typeof value !== 'string') return value;
    const word = value.trim().toLowerCase();
    if (['true', '1', 'yes', 'on'].includes(word)) return true;
    return ['false', '0', 'no', 'off'].includes(word) ? false : value;
  }, z.boolean());

/** One of a few words; missing or empty is the first. */
export const oneOf = <const W extends readonly [string, ...string[]]>(words: W): z.ZodType<W[number]> =>
  z.preprocess((value) => (value === undefined || value === null || value === '' ? words[0] : value), z.enum(words));

/** Options of a `z.object` shape. */
type Shape = Record<string, z.ZodType>;

/**
 * Reads a node's properties.
 *
 * @param shape one schema per property; other properties are left alone
 * @param config what Node-RED hands to the constructor
 * @returns the values
 * @throws ReportableError `config_invalid`, whose sentence names every wrong property (never its value: it may be a secret)
 */
export function parseNodeConfig<S extends Shape>(shape: S, config: unknown): z.infer<z.ZodObject<S>> {
  const parsed = z.object(shape).safeParse(config);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'node'} (${issue.message})`);
  throw new ReportableError(
    'config_invalid',
    `These settings of the node cannot be used: ${wrong.join('; ')}. Open the node and correct them.`,
  );
}
