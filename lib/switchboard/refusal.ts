import type { Correction } from '../ledger/ledger.ts';
import { NEEDS_PERMISSION_CODES, type Reason, type ReasonCode } from '../permission/model.ts';
import type { ProviderError } from '../provider/provider.ts';

interface Refusal {
  code: ReasonCode;
  /** What the ledger has to learn from it. */
  says?: Correction['says'];
  text: string;
  nextStep: string;
}

const LATER = 'Try again later.';

/**
 * Refusals of the provider that are about this person or this number and not about our set-up: they become outputs of
 * the nodes. Everything else is a fault. By Meta's error codes (meta-cloud-api.md §8.1 and §8.2, 2026-06-24 and
 * 2026-09-11), which providers in front of Meta pass on.
 */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  131026: {
    code: 'provider_refused',
    text: 'WhatsApp cannot deliver the request to this person.',
    nextStep: 'Reach the person in another way: the app may be too old, or the number is not on WhatsApp.',
  },
  131030: {
    code: 'provider_refused',
    text: 'This person is not in the list of recipients of the test number.',
    nextStep: "Add the person to the test number's list of allowed recipients.",
  },
  131047: {
    code: 'service_window_closed',
    text: 'The person has not written in the last 24 hours, so a free-form request is not possible.',
    nextStep: 'Send the request with a template.',
  },
  131049: {
    code: 'provider_refused',
    text: 'WhatsApp holds back this message to keep people from getting too many of its kind.',
    nextStep: 'Ask at another time, or wait until the person writes.',
  },
  131050: {
    code: 'provider_refused',
    text: 'The person does not want messages of this kind.',
    nextStep: 'Wait until the person writes.',
  },
  131056: {
    code: 'provider_refused',
    text: 'Too many messages to this person in a short time.',
    nextStep: 'Wait a few seconds and try again.',
  },
  138001: {
    code: 'provider_refused',
    text: 'This person cannot be called on WhatsApp.',
    nextStep: 'Reach the person in another way: their app does not support calls, or the number is not on WhatsApp.',
  },
  138002: {
    code: 'number_concurrent_call_limit',
    text: 'The business number has as many calls going on as WhatsApp allows.',
    nextStep: 'Wait until one of them ends.',
  },
  138003: {
    code: 'call_in_progress',
    text: 'A call with this person is going on already.',
    nextStep: 'Wait until it ends.',
  },
  138005: {
    code: 'number_daily_call_limit',
    text: 'The business number has started as many calls as WhatsApp allows in 24 hours.',
    nextStep: LATER,
  },
  138006: {
    code: 'permission_missing_at_provider',
    says: 'no_permission',
    text: 'WhatsApp says that this person has not allowed calls.',
    nextStep: 'Ask for permission.',
  },
  138009: {
    code: 'request_limit_day',
    says: 'request_limit',
    text: 'WhatsApp does not allow another request to this person now.',
    nextStep: 'Wait, or let the person call: after a connected call you may ask again.',
  },
  138011: {
    code: 'provider_refused',
    text: 'WhatsApp wants a conversation with this person before a request.',
    nextStep: 'Exchange a message with the person first.',
  },
  138012: {
    code: 'connected_call_limit',
    says: 'connected_limit',
    text: 'This person has had as many calls as WhatsApp allows in 24 hours.',
    nextStep: LATER,
  },
  138013: {
    code: 'country_not_supported',
    text: "WhatsApp does not offer calls by businesses in the business number's country.",
    nextStep: 'Use a business number of another country, or let people call you.',
  },
  138014: {
    code: 'number_restricted',
    text: 'WhatsApp has stopped calls from this business number for a while.',
    nextStep: 'Look at the quality of the number in the WhatsApp Manager and wait until the restriction ends.',
  },
  138017: {
    code: 'permanent_permission_exists',
    says: 'permanent',
    text: 'This person has allowed calls for good already.',
    nextStep: 'Place the call.',
  },
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
  const { code, text, nextStep, says } = refusal;
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
