import type { ProviderError } from '../provider/provider.ts';
import { type Finding, unknown } from './finding.ts';

/** What could not be looked at, because the provider did not tell. The reason has a finding of its own where it is one. */
export function unseen(id: string, thing: string, error: ProviderError): Finding {
  const said = error.providerCode === undefined ? '' : ` The provider said: code ${error.providerCode}.`;
  return unknown(`${id}_unseen`, `${thing} could not be looked at.`, `${error.message}${said}`, error.nextStep);
}

/** The provider in front of WhatsApp has no question for it. */
export function notOffered(id: string, thing: string): Finding {
  return unknown(
    `${id}_unseen`,
    `${thing} could not be looked at.`,
    'This provider does not tell it through its API.',
    'Look at the pages of the provider.',
  );
}

/** The provider's own words as a sentence, or ours if it had none. */
export function saidBy({ details, message, providerCode }: ProviderError): string {
  if (details === undefined || providerCode === undefined) return message;
  return `The provider said: code ${providerCode}, ${details.replace(/[.\s]+$/, '')}.`;
}
