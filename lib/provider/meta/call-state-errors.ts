import { ProviderError } from '../provider.ts';

const OVER =
  /already|ended|over\b|terminated|completed|finished|no longer|not (in progress|ongoing|active|found)|no (ongoing|active|such) call|(unknown|invalid|unrecogni[sz]ed) call|call.{0,12}(does not exist|is invalid|invalid|unknown)/i;
const IN_PROGRESS = /(?<!not )in.?progress|already.{0,12}(accepted|answered|connected|ongoing)/i;

/**
 * Whether a refused terminate or reject means that the call is over already. Meta documents the situation but not its code
 * (expected: 100 or a calling code), so the details must say it; anything else is an error, since a call left running is worse.
 */
export function saysOver(error: unknown): boolean {
  return refusedOverState(error) && OVER.test(error.details ?? '');
}

/** Whether somebody has taken the call already ("accept/reject an already in-progress call", meta-cloud-api.md §1.3). */
export function saysInProgress(error: unknown): boolean {
  return refusedOverState(error) && IN_PROGRESS.test(error.details ?? '');
}

/**
 * A refused pre_accept or accept, with a code of ours where it is the state of the call that stands in the way:
 * `provider_call_in_progress` (somebody has taken it), `provider_call_over`. Else the error itself.
 */
export function notAnswerable(error: unknown): unknown {
  if (!(error instanceof ProviderError)) return error;
  if (saysInProgress(error)) return recoded(error, 'provider_call_in_progress');
  return saysOver(error) ? recoded(error, 'provider_call_over') : error;
}

function refusedOverState(error: unknown): error is ProviderError {
  if (!(error instanceof ProviderError) || error.outcome !== 'refused') return false;
  return error.providerCode === '100' || /^138\d{3}$/.test(error.providerCode ?? '');
}

function recoded(error: ProviderError, code: string): ProviderError {
  const { message, nextStep, outcome, httpStatus, providerCode, subcode, details, traceId } = error;
  return new ProviderError(message, nextStep, {
    code,
    kind: 'never',
    outcome,
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(providerCode === undefined ? {} : { providerCode }),
    ...(subcode === undefined ? {} : { subcode }),
    ...(details === undefined ? {} : { details }),
    ...(traceId === undefined ? {} : { traceId }),
  });
}
