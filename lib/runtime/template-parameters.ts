import { ReportableError } from './reportable-error.ts';

/**
 * Values of a template's variables: a list for `{{1}}`, `{{2}}`, or an object for named ones. One text alone is `{{1}}`.
 *
 * @throws ReportableError `parameters_invalid`
 */
export function readTemplateParameters(value: unknown): Record<string, string> | string[] | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (isPlain(value)) return [String(value)];
  if (Array.isArray(value) && value.every(isPlain)) return value.map(String);
  if (typeof value === 'object' && !Array.isArray(value) && Object.values(value).every(isPlain)) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, String(part)]));
  }
  throw new ReportableError(
    'parameters_invalid',
    'The template parameters must be a list of texts such as ["Ana", "your order"], or an object of texts. Correct the field "Parameters".',
  );
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
