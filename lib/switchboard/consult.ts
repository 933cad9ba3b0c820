import type { Doubt } from '../permission/doubt.ts';
import type { Contact } from '../permission/model.ts';
import type { Desk } from './desk.ts';
import { askProvider, type LiveTruth, type Ours } from './live-truth.ts';
import { told } from './patience.ts';

/**
 * Asks the provider about a person before something is sent to them, if the settings and the doubts want it and the provider's
 * rate limit has room. Nothing that goes wrong here forbids what the store allows, or allows what it forbids: the provider
 * judges the call itself once more, before the phone rings. Never throws.
 */
export async function consult(
  desk: Desk,
  contact: Contact,
  ours: Ours,
  doubts: readonly Doubt[] = [],
): Promise<LiveTruth | undefined> {
  const { log } = desk.deps;
  if (!isWanted(desk, contact, doubts)) return undefined;
  if (!desk.queries.take()) {
    log('debug', 'The provider was not asked about a person: its rate limit is used up for the moment.');
    return undefined;
  }
  try {
    const truth = await askProvider(desk, { contact, ours, ms: desk.settings.liveCheckMs });
    desk.liveCheckFails = false;
    return truth;
  } catch (error) {
    // Once until it works again: every call of a campaign would say it.
    if (!desk.liveCheckFails)
      log(
        'warn',
        `The provider could not be asked about a permission, the permission store decides alone: ${told(error)}`,
      );
    desk.liveCheckFails = true;
    return undefined;
  }
}

function isWanted(desk: Desk, contact: Contact, doubts: readonly Doubt[]): boolean {
  const { provider, liveCheck = 'unsure', now } = desk.deps;
  if (liveCheck === 'never' || !provider.capabilities.queryPermission) return false;
  if (liveCheck === 'always') return true;
  const age = now() - (desk.disagreements.checkedAt(contact) ?? Number.NEGATIVE_INFINITY);
  return doubts.length > 0 && (age < 0 || age >= desk.settings.liveCheckKeepMs);
}
