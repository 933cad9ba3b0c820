import { z } from 'zod';
import type { ProfileOverrides } from '../permission/overrides.ts';
import { LedgerError } from './ledger.ts';

const count = z.number().int().min(0).max(1_000_000).optional();
const atLeastOne = z.number().int().min(1).max(1_000_000).optional();
const longest = 315_360_000;
const seconds = z.number().min(0).max(longest).optional();
const firmness = z.enum(['warn', 'block']).optional();
const firmnessOrOff = z.enum(['off', 'warn', 'block']).optional();
const countries = z.array(z.string().regex(/^[A-Z]{2}$/)).max(300);
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
const quietSpan = z
  .strictObject({ from: timeOfDay, to: timeOfDay, mode: firmness })
  // The same hour twice could mean never or always.
  .refine(({ from, to }) => from !== to, { path: ['to'] })
  .nullable()
  .optional();

type Shape = { [Key in keyof Required<ProfileOverrides>]: z.ZodType };

/** What a user may write as own limits. A name that is not known is refused: a typing error must not switch a limit off. */
const shape = {
  requestsPerDay: count,
  requestsPerThreeDays: count,
  requestsPerWeek: count,
  connectedCallsPerDay: count,
  startsPerDay: count,
  concurrentCalls: count,
  unansweredWarn: atLeastOne,
  unansweredRevoke: atLeastOne,
  cancelledRing: z.enum(['never', 'after_ringing', 'always']).optional(),
  validitySeconds: z.number().min(0).max(longest).nullable().optional(),
  requestLifeSeconds: seconds,
  serviceWindowSeconds: seconds,
  skewSeconds: z.number().min(0).max(3_600).optional(),
  excludedCountries: countries.optional(),
  excludedContactCountries: countries.nullable().optional(),
  territories: firmnessOrOff,
  territoryNumbers: z
    .array(z.string().regex(/^\d{2,20}$/))
    .max(1_000)
    .optional(),
  requestsWithoutGrant: z.number().int().min(0).max(1_000).nullable().optional(),
  callsPerPermission: z.number().int().min(0).max(1_000_000).nullable().optional(),
  unansweredConsumes: z.boolean().optional(),
  maxGrantAgeSeconds: z.number().min(0).max(longest).nullable().optional(),
  maxGrantAge: firmness,
  callGapSeconds: z.number().min(0).max(longest).nullable().optional(),
  callGap: firmness,
  purposeBinding: firmnessOrOff,
  promise: firmnessOrOff,
  quietRequests: quietSpan,
  quietCalls: quietSpan,
  permanentExempt: z.boolean().optional(),
} satisfies Shape;

const profileOverrides = z.strictObject(shape);

/**
 * Checks own limits. People write them by hand, so the error names what is wrong in their words.
 *
 * @throws LedgerError with code `bad_input`
 */
export function checkOverrides(value: unknown): void {
  const result = profileOverrides.safeParse(value);
  if (result.success) return;
  const [issue] = result.error.issues;
  const path = (issue?.path ?? []).map(String).join('.');
  const unknown =
    issue?.code === 'unrecognized_keys' ? issue.keys.map((key) => key.slice(0, 40)).join(', ') : undefined;
  const what =
    unknown !== undefined
      ? `there is no "${[path, unknown].filter((part) => part !== '').join('.')}"`
      : path === ''
        ? 'they are no object'
        : `the value of "${path.slice(0, 80)}" is not possible`;
  throw new LedgerError(
    'bad_input',
    `The own limits of the permission store cannot be used: ${what}.`,
    'Open the permission store and correct them; its help lists every name and what it takes.',
  );
}
