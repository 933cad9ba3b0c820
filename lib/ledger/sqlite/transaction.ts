import type { Instant } from '../../permission/model.ts';
import type { OptOutMatcher } from '../../permission/opt-out.ts';
import type { Profile } from '../../permission/profile.ts';
import type { AuditChain } from './audit-table.ts';
import type { Database } from './database.ts';
import type { NumberLoads } from './number-load.ts';

/** What an operation works with inside the open transaction. One `now` for everything in it. */
export interface Transaction {
  readonly db: Database;
  readonly profile: Profile;
  /** Whether a message says not to be called any more. */
  readonly saysOptOut: OptOutMatcher;
  /** Id of this engine; reservations of another one belong to a process that is gone. */
  readonly owner: string;
  readonly chain: AuditChain;
  readonly loads: NumberLoads;
  readonly now: Instant;
  /** False: the clock is not to be trusted, nothing may be reserved. */
  readonly sure: boolean;
  /** Lets the clock compare itself with a provider's timestamp that has just arrived. */
  heardProvider(at: Instant): void;
}

/** node:sqlite takes null for a missing value, never undefined. */
export function orNull<T>(value: T | undefined): T | null {
  return value === undefined ? null : value;
}
