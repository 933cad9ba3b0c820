import type { Instant } from '../../permission/model.ts';
import type { Profile } from '../../permission/profile.ts';
import type { AuditChain } from './audit-table.ts';
import type { Database } from './database.ts';
import type { NumberLoads } from './number-load.ts';
import type { KnownNumbers } from './number-table.ts';

/** What the tables work with inside the open transaction. */
export interface Session {
  readonly db: Database;
  readonly profile: Profile;
  readonly owner: string;
  readonly chain: AuditChain;
  readonly loads: NumberLoads;
  readonly numbers: KnownNumbers;
  readonly now: Instant;
}

/** node:sqlite takes null for a missing value, never undefined. */
export function orNull<T>(value: T | undefined): T | null {
  return value === undefined ? null : value;
}

/** Columns of time hold whole milliseconds. */
export function whole(at: Instant | undefined): number | null {
  return at === undefined ? null : Math.round(at);
}
