import type { ProfileOverrides } from '../../../../lib/permission/overrides.ts';
import { type Limits, PRODUCTION_LIMITS, TEST_NUMBER_LIMITS } from '../../../../simulator/rules.ts';

/** A set of rules as the ledger has it, and as the referee has it. */
export interface Variant {
  name: string;
  profile: string;
  overrides: ProfileOverrides;
  limits: Limits;
  skewMs: number;
  /** Provider's times are whole seconds, as Meta's, or to the millisecond. */
  resolutionMs: number;
  /** Of ten histories so many play under these rules. */
  share: number;
  /** Rules that WhatsApp does not know; the model judges them itself (`own-rules.ts`). */
  own?: 'strict' | 'ycloud' | 'meta-2025';
  restarts?: true;
}

const SKEW = { skewMs: 60_000, resolutionMs: 1_000 };

export const VARIANTS: readonly Variant[] = [
  { name: 'meta-2026', profile: 'meta-2026', overrides: {}, limits: PRODUCTION_LIMITS, ...SKEW, share: 2 },
  {
    name: 'small-limits',
    profile: 'meta-2026',
    overrides: { connectedCallsPerDay: 2, startsPerDay: 4, concurrentCalls: 1 },
    limits: { ...PRODUCTION_LIMITS, connectedPerDay: 2, startedPerDay: 4, concurrent: 1 },
    ...SKEW,
    share: 2,
  },
  {
    name: 'to-the-millisecond',
    profile: 'meta-2026',
    overrides: { connectedCallsPerDay: 3, startsPerDay: 7, concurrentCalls: 2, skewSeconds: 0 },
    limits: { ...PRODUCTION_LIMITS, connectedPerDay: 3, startedPerDay: 7, concurrent: 2 },
    skewMs: 0,
    resolutionMs: 1,
    share: 1,
  },
  {
    name: 'restarts',
    profile: 'meta-2026',
    overrides: { connectedCallsPerDay: 3 },
    limits: { ...PRODUCTION_LIMITS, connectedPerDay: 3 },
    ...SKEW,
    share: 1,
    restarts: true,
  },
  {
    name: 'meta-2025',
    profile: 'meta-2025',
    overrides: {},
    limits: { ...PRODUCTION_LIMITS, connectedPerDay: 5 },
    ...SKEW,
    share: 1,
    own: 'meta-2025',
  },
  { name: 'test-number', profile: 'test-number', overrides: {}, limits: TEST_NUMBER_LIMITS, ...SKEW, share: 1 },
  { name: 'strict', profile: 'strict', overrides: {}, limits: PRODUCTION_LIMITS, ...SKEW, share: 1, own: 'strict' },
  { name: 'ycloud', profile: 'ycloud', overrides: {}, limits: PRODUCTION_LIMITS, ...SKEW, share: 1, own: 'ycloud' },
];
