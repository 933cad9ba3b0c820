import { ProviderError } from '../provider/provider.ts';
import type { ReasonMessage } from './messages.ts';
import { toReportable } from './reportable-error.ts';

/**
 * Refusals of WhatsApp that are about what was asked for, by Meta's codes (meta-cloud-api.md §8.1, §8.2): they are an
 * output. Everything else (token, network, a fault of WhatsApp's) is an error.
 */
const ABOUT_THE_WISH = new Set(['100', '131008', '131009', '138015', '138018', '132000', '132005', '132007', '132012']);

/**
 * Why WhatsApp, or our own check before it, does not take a change. Undefined: it is a fault and no refusal.
 *
 * @param code for a wish that cannot be sent at all, such as `settings_invalid`
 */
export function managementRefusal(error: unknown, code: string): ReasonMessage | undefined {
  if (!(error instanceof ProviderError)) return undefined;
  if (error.code === 'provider_input_invalid') return { code, text: error.message, nextStep: error.nextStep };
  if (error.outcome !== 'refused' || !ABOUT_THE_WISH.has(error.providerCode ?? '')) return undefined;
  return toReportable(error).reason;
}
