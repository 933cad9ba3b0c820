import type { Correction } from '../ledger/ledger.ts';
import { NEEDS_PERMISSION_CODES, type Reason, type ReasonCode } from '../permission/model.ts';
import type { ProviderError } from '../provider/provider.ts';

interface Refusal {
  code: ReasonCode;
  /** What the ledger has to learn from it. */
  says?: Correction['says'];
}

/**
 * Refusals of the provider that are about this person or this number and not about our set-up: they become outputs of
 * the nodes. Everything else is a fault. By Meta's error codes (meta-cloud-api.md §8.1 and §8.2, 2026-06-24 and
 * 2026-09-11), which providers in front of Meta pass on. The sentences are those of the error table.
 */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  131026: { code: 'provider_refused' },
  131030: { code: 'provider_refused' },
  131047: { code: 'service_window_closed' },
  131049: { code: 'provider_refused' },
  131050: { code: 'provider_refused' },
  131056: { code: 'provider_refused' },
  138001: { code: 'provider_refused' },
  138002: { code: 'number_concurrent_call_limit' },
  138003: { code: 'call_in_progress' },
  138005: { code: 'number_daily_call_limit' },
  138006: { code: 'permission_missing_at_provider', says: 'no_permission' },
  138009: { code: 'request_limit_day', says: 'request_limit' },
  138011: { code: 'provider_refused' },
  138012: { code: 'connected_call_limit', says: 'connected_limit' },
  138013: { code: 'country_not_supported' },
  138014: { code: 'number_restricted' },
  138017: { code: 'permanent_permission_exists', says: 'permanent' },
};

export interface RefusalReason {
  reason: Reason;
  says?: Correction['says'];
}

/**
 * The reason to give for a provider's refusal; undefined if the error is a fault and not a refusal.
 */
export function refusalOf(error: ProviderError): RefusalReason | undefined {
  if (error.outcome !== 'refused' || error.providerCode === undefined) return undefined;
  const refusal = REFUSALS[error.providerCode];
  if (refusal === undefined) return undefined;
  const { code, says } = refusal;
  const { message: text, nextStep } = error;
  const provider: Reason['provider'] = {
    code: error.providerCode,
    ...(error.subcode === undefined ? {} : { subcode: error.subcode }),
    ...(error.details === undefined ? {} : { details: error.details }),
    ...(error.traceId === undefined ? {} : { traceId: error.traceId }),
  };
  return { reason: { code, text, nextStep, provider }, ...(says === undefined ? {} : { says }) };
}

/** Whether a reason means "ask first" rather than "not now". */
export function needsPermission(reason: Reason): boolean {
  return (NEEDS_PERMISSION_CODES as readonly string[]).includes(reason.code);
}
