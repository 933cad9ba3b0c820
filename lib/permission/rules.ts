import { type ProfileOverrides, withOverrides } from './overrides.ts';
import type { Profile } from './profile.ts';
import { META_2025 } from './profiles/meta-2025.ts';
import { META_2026 } from './profiles/meta-2026.ts';
import { STRICT } from './profiles/strict.ts';
import { TEST_NUMBER } from './profiles/test-number.ts';
import { YCLOUD } from './profiles/ycloud.ts';

export { META_2026 };

const PROFILES: ReadonlyMap<string, Profile> = new Map(
  [META_2026, META_2025, TEST_NUMBER, STRICT, YCLOUD].map((profile) => [profile.id, profile]),
);
export const DEFAULT_PROFILE = META_2026.id;

/** Names of all profiles, the default first. */
export function profileNames(): [string, ...string[]] {
  return [DEFAULT_PROFILE, ...[...PROFILES.keys()].filter((id) => id !== DEFAULT_PROFILE)];
}

/**
 * The rules of a profile with a store's overrides, or undefined if there is no such profile.
 *
 * @param overrides checked where the store is opened; here they are believed
 */
export function findProfile(id: string, overrides: ProfileOverrides = {}): Profile | undefined {
  const profile = PROFILES.get(id);
  return profile === undefined ? undefined : withOverrides(profile, overrides);
}
