import type { Instant } from '../../permission/model.ts';
import type { OptOutMatcher } from '../../permission/opt-out.ts';
import type { Profile } from '../../permission/profile.ts';
import type { Records } from './records.ts';

/** What an operation works with inside the open transaction. One `now` for everything in it. */
export interface Transaction {
  readonly records: Records;
  readonly profile: Profile;
  /** Whether a message says not to be called any more. */
  readonly saysOptOut: OptOutMatcher;
  /** Id of this engine. */
  readonly owner: string;
  readonly now: Instant;
  /** False: the clock is not to be trusted, nothing may be reserved. */
  readonly sure: boolean;
  /** When the store was made: it has forgotten nothing from before. */
  readonly createdAt: Instant;
  /** How long records are kept, in milliseconds; absent: for ever. */
  readonly keepFor?: number;
  /** Says what must not be found in the engine's own files after the commit: names as `identity.ts` makes them, ids of a provider's. */
  forgot?(names: Iterable<string>, ids: Iterable<string>): void;
  /** Lets the clock compare itself with a provider's timestamp that has just arrived. */
  heardProvider(at: Instant): void;
}
