import { asText } from './property.ts';
import { ReportableError } from './reportable-error.ts';

/**
 * The id of a call: the id itself, or a whole `msg.call`.
 *
 * @throws ReportableError `call_missing`
 */
export function readCallId(value: unknown): string {
  const id = asText(typeof value === 'object' && value !== null && 'id' in value ? value.id : value);
  if (id === '') {
    throw new ReportableError(
      'call_missing',
      'The message names no call. Wire this node behind the output "answered", or set "Call" to where the id of the call is.',
    );
  }
  return id;
}
