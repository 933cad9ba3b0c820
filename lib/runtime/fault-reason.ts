import type { CallView } from '../call/call.ts';
import { webhookError } from '../provider/error-table.ts';
import type { CallChange } from '../switchboard/switchboard.ts';
import { type ReasonMessage, reasonMessage } from './messages.ts';

/**
 * `msg.reason` beside an error that a Catch node gets: the same shape as the reason of a refusal, so that one flow can
 * read both. Undefined for errors without a next step: they are not about the outside world.
 *
 * @param fields of the error, of which an allow-list is read
 * @param clean takes secrets and phone numbers out
 */
export function faultReason(
  code: string,
  text: string,
  nextStep: string,
  fields: Record<string, unknown>,
  clean: (text: string) => string,
): ReasonMessage | undefined {
  if (nextStep === '') return undefined;
  const { providerCode, subcode, details, traceId, retryAt } = fields;
  return {
    code,
    text: clean(text),
    nextStep: clean(nextStep),
    ...(typeof retryAt === 'number' && Number.isFinite(retryAt) && { nextAllowedAt: new Date(retryAt).toISOString() }),
    ...(typeof providerCode === 'string' && {
      provider: {
        code: providerCode,
        ...(typeof subcode === 'string' && { subcode }),
        ...(typeof details === 'string' && { details: clean(details) }),
        ...(typeof traceId === 'string' && { traceId }),
      },
    }),
  };
}

/**
 * Why a call failed, from the codes that came with its end (138019 to 138023 and whatever else the provider sends).
 * Undefined if it named none.
 */
export function failureReason({ outcome, errors }: Pick<CallView, 'outcome' | 'errors'>): ReasonMessage | undefined {
  const error = outcome === 'failed' ? errors?.find(({ code }) => /^\d{1,9}$/.test(code)) : undefined;
  if (error === undefined) return undefined;
  const { code, text, nextStep } = webhookError(error.code);
  return {
    code,
    text,
    nextStep,
    provider: { code: error.code, details: error.details ?? error.message },
  };
}

/** `msg.reason` of an event of a call: why we ended it, or why it failed; nothing if there is nothing to tell. */
export function reasonOfChange({ event, reason, call }: CallChange): { reason?: ReasonMessage } {
  const told = reason === undefined ? undefined : reasonMessage(reason);
  const failed = event === 'ended' ? failureReason(call) : undefined;
  const known = told ?? failed;
  return known === undefined ? {} : { reason: known };
}
