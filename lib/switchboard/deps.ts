import type { Ledger } from '../ledger/ledger.ts';
import type { LegOptions, MediaEngine } from '../media/media.ts';
import type { BusinessNumber, Instant } from '../permission/model.ts';
import type { Profile } from '../permission/profile.ts';
import type { Provider } from '../provider/provider.ts';
import type { OptOutSettings } from './opt-out.ts';
import type { SwitchboardSettings } from './settings.ts';

/** `text` never holds a phone number in full, an SDP or a secret. */
export type Log = (level: 'debug' | 'info' | 'warn' | 'error', text: string) => void;

export type LiveCheck = 'always' | 'unsure' | 'never';

/** What a switchboard is put together from. It closes none of these: who made them closes them. */
export interface SwitchboardDeps {
  businessNumber: BusinessNumber;
  ledger: Ledger;
  provider: Provider;
  /** Needed by providers that exchange SDP. */
  media: MediaEngine | undefined;
  legOptions: LegOptions;
  /**
   * The ledger's name for this process, where several processes share a store: a call of another owner is then left to
   * that one, unless the ledger lists it as left over. Without it the store is this process's alone.
   */
  owner?: string | undefined;
  /** The rules of the ledger, to compare with what the provider says. Default: `meta-2026`. */
  profile?: Profile | undefined;
  /**
   * Whether the provider is asked about a person before a request or call: always, where the store may be wrong
   * (`lib/permission/doubt.ts`), or never. Default: `unsure`.
   */
  liveCheck?: LiveCheck | undefined;
  /** What follows an opt-out. Default: a confirmation in the person's language, no key. */
  optOut?: OptOutSettings;
  /** A local recording begins only after a prompt has said so, or the provider does. Default: false. */
  announceRecordings?: boolean | undefined;
  /** Where the provider's recordings and transcripts are put. Without it they are not fetched. */
  recordings?: string | undefined;
  /** Wall clock, ms since 1970 UTC. */
  now(): Instant;
  log: Log;
  settings?: Partial<SwitchboardSettings>;
}
