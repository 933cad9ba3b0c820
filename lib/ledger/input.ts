import { z } from 'zod';
import { LONGEST_TOLD_MS } from '../permission/told-limits.ts';
import { LedgerError } from './ledger.ts';
import { isPlainJson } from './plain-json.ts';

/** What may cross the border of a ledger. Unknown properties are dropped, so that nothing unforeseen is stored. */

/** 1970 to 2286, as in `provider/instant.ts`: a permission must not live on a time that is nonsense. */
const instant = z.number().finite().min(0).max(1e13);
/** A webhook brings at most 3 MB. */
const LONGEST_TEXT = 4_000_000;
const LARGEST_DATA = 262_144;
const json = (most: number) => z.unknown().refine((value) => isPlainJson(value, most));
const shortText = z.string().min(1).max(1024);

export const contactInput = z.object({
  phone: z
    .string()
    .regex(/^\d{4,20}$/)
    .optional(),
  userId: z
    .string()
    .regex(/^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/)
    .optional(),
  parentUserId: z
    .string()
    .regex(/^[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}$/)
    .optional(),
  name: z.string().max(1024).optional(),
  language: z.string().max(64).optional(),
  timeZone: z.string().max(64).optional(),
});

const businessNumber = z.object({
  id: shortText,
  phone: z.string().regex(/^\d{4,20}$/),
});
const purpose = z.string().max(2_000);
const origin = z.object({ nodeId: z.string().max(256), data: json(LARGEST_DATA).optional() });

export const requestIntent = z.object({
  businessNumber,
  contact: contactInput,
  purpose,
  via: z.enum(['auto', 'freeform', 'template']),
  hasTemplate: z.boolean(),
  template: z.string().max(512).optional(),
  promisedBy: instant.optional(),
});
export const callIntent = z.object({ businessNumber, contact: contactInput, purpose, origin: origin.optional() });

export const settlement = z.discriminatedUnion('state', [
  z.object({ state: z.literal('consumed'), providerId: shortText, contact: contactInput.optional() }),
  z.object({ state: z.literal('released'), why: z.string().max(4_000) }),
  z.object({ state: z.literal('unknown'), why: z.string().max(4_000) }),
]);

const saidLimits = z
  .array(z.object({ periodMs: z.number().int().min(1).max(LONGEST_TOLD_MS), allowed: z.number().int().min(0) }))
  .max(10);

export const correction = z.object({
  businessNumber,
  contact: contactInput,
  says: z.enum(['no_permission', 'request_limit', 'connected_limit', 'permanent', 'temporary', 'limits']),
  expiresAt: instant.optional(),
  retryAt: instant.optional(),
  limits: z.object({ requests: saidLimits, calls: saidLimits }).optional(),
  seen: z.string().max(1024).optional(),
});

export const callEnd = z.object({
  outcome: z.enum(['completed', 'no_answer', 'declined', 'cancelled', 'failed']),
  at: instant,
  errorCode: z.string().max(256).optional(),
});

export const doNotCallEntry = z.object({ listed: z.boolean(), source: z.string().min(1).max(256) });
export const doNotCallInput = z.union([z.string().max(50_000_000), z.array(z.unknown()).max(1_000_000)]);
export const importOptions = z.object({
  source: z.string().min(1).max(256),
  defaultCountry: z.string().max(8).optional(),
});
export const doNotCallQuery = z.object({
  businessNumberId: z.string().max(1024),
  after: z.number().int().min(0).optional(),
  limit: z.number().int().min(1).max(10_000).optional(),
});
const optOutPhrases = z.array(z.string().min(1).max(200)).max(1_000);
export const optOutWords = z.object({ added: optOutPhrases.optional(), removed: optOutPhrases.optional() });
export const endRequestedAs = z.enum(['cancelled', 'no_answer', 'failed']);
export const reservationId = z.string().min(1).max(512);
export const reservationIds = z.array(reservationId).max(100_000);
export const eventIds = z.array(z.string().max(4_096)).max(100_000);
export const businessNumberId = z.string().max(1024);
export const callLookup = z.object({ reservationId: reservationId.optional(), callId: shortText.optional() });
export const callId = shortText;
export const callRecordQuery = z.object({
  businessNumberId,
  contact: contactInput.optional(),
  from: instant.optional(),
  to: instant.optional(),
  direction: z.enum(['outbound', 'inbound']).optional(),
  outcome: z.enum(['completed', 'no_answer', 'declined', 'cancelled', 'failed', 'missed']).optional(),
  after: z.string().max(512).optional(),
  limit: z.number().int().min(1).max(1_000).optional(),
});
export const recording = z.object({
  file: z.string().min(1).max(4_096),
  seconds: z.number().min(0).max(1e9).optional(),
});
export const score = z.number().int().min(1).max(5);
export const noteOfEnd = z.object({
  endedBy: z.enum(['us', 'them', 'network', 'unknown']),
  error: z.object({ code: z.string().max(256), message: z.string().max(4_096).optional() }).optional(),
});
const callbackState = z.enum(['open', 'claimed', 'done', 'cancelled']);
const callbackNote = z.string().max(2_000);
export const callbackId = z.string().min(1).max(512);
export const newCallback = z.object({
  businessNumberId,
  contact: contactInput,
  source: z.enum(['missed_call', 'outside_hours', 'button', 'message', 'flow']),
  purpose: purpose.min(1).optional(),
  note: callbackNote.optional(),
  dueAt: instant.optional(),
  key: shortText.optional(),
});
export const callbackQuery = z.object({
  businessNumberId,
  state: callbackState.optional(),
  contact: contactInput.optional(),
  after: z.string().max(512).optional(),
  limit: z.number().int().min(1).max(1_000).optional(),
});
export const callbackClaim = z.object({
  businessNumberId,
  id: callbackId.optional(),
  by: z.string().min(1).max(256),
  leaseSeconds: z.number().min(1).max(86_400).optional(),
});
export const callbackEnd = z.object({
  state: z.enum(['done', 'open', 'cancelled']),
  callId: reservationId.optional(),
  note: callbackNote.optional(),
});
export const auditQuery = z.object({
  businessNumberId: businessNumberId.optional(),
  contact: contactInput.optional(),
  afterSeq: z.number().int().min(0).optional(),
  from: instant.optional(),
  to: instant.optional(),
  limit: z.number().int().min(1).max(100_000).optional(),
  unmasked: z.boolean().optional(),
});
/** Whole days, at most a hundred years. */
export const retentionDays = z.number().int().min(1).max(36_500);
export const backupPath = z.string().min(1).max(4_096);
const permissionStatus = z.enum(['not_requested', 'pending', 'granted', 'denied']);
export const permissionListQuery = z.object({
  businessNumberId,
  status: permissionStatus.optional(),
  after: z.number().int().min(0).optional(),
  limit: z.number().int().min(1).max(1_000).optional(),
});
export const statisticsQuery = z.object({
  businessNumberId,
  from: instant.optional(),
  to: instant.optional(),
  purpose: purpose.optional(),
  template: z.string().max(512).optional(),
});
export { businessNumber as businessNumberInput, purpose as purposeInput };

const base = { id: z.string().min(1).max(4_096), at: instant, businessNumberId };
const errors = z
  .array(
    z.object({ code: z.string().max(256), message: z.string().max(4_096), details: z.string().max(16_384).optional() }),
  )
  .max(1_000);
const callBase = {
  ...base,
  callId: shortText,
  contact: contactInput.optional(),
  correlationId: z.string().max(1024).optional(),
};
const direction = z.enum(['outbound', 'inbound']);

export const providerEvents = z
  .array(
    z.discriminatedUnion('type', [
      z.object({
        ...callBase,
        type: z.literal('call.connect'),
        direction,
        session: z.object({ type: z.enum(['offer', 'answer']), sdp: z.string().max(262_144) }).optional(),
      }),
      z.object({ ...callBase, type: z.literal('call.ringing') }),
      z.object({ ...callBase, type: z.literal('call.accepted') }),
      z.object({ ...callBase, type: z.literal('call.rejected') }),
      z.object({
        ...callBase,
        type: z.literal('call.terminated'),
        direction: direction.optional(),
        status: z.enum(['completed', 'failed']),
        startedAt: instant.optional(),
        endedAt: instant.optional(),
        durationSeconds: z.number().min(0).max(1e9).optional(),
        errors,
      }),
      z.object({
        ...base,
        type: z.literal('permission.replied'),
        contact: contactInput,
        response: z.enum(['accept', 'reject']),
        permanent: z.boolean(),
        expiresAt: instant.optional(),
        source: z.enum(['user_action', 'automatic']),
        contextId: z.string().max(1024).optional(),
      }),
      z.object({
        ...base,
        type: z.literal('message.received'),
        contact: contactInput,
        messageId: z.string().max(1024),
        text: z.string().max(LONGEST_TEXT).optional(),
        payload: z.string().max(LONGEST_TEXT).optional(),
      }),
      z.object({
        ...base,
        type: z.literal('message.status'),
        messageId: z.string().max(1024),
        status: z.string().max(256),
        contact: contactInput.optional(),
        errors,
      }),
      z.object({
        ...base,
        type: z.literal('account.restricted'),
        restriction: z.string().max(1024),
        until: instant.optional(),
        warning: z.boolean(),
      }),
      z.object({
        ...base,
        type: z.literal('capture.available'),
        kind: z.enum(['recording', 'transcript']),
        ofCall: shortText,
        media: z.object({
          id: z.string().min(1).max(256),
          sha256: z.string().max(64).optional(),
          mimeType: z.string().max(100).optional(),
        }),
      }),
      z.object({ ...base, type: z.literal('unknown'), field: z.string().max(1024), raw: json(LONGEST_TEXT) }),
    ]),
  )
  .max(10_000);

/**
 * Checks one argument. The error names the field, never its value: it may be personal or hostile.
 * @throws LedgerError with code `bad_input`
 */
export function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined ? '' : issue.path.map(String).join('.').slice(0, 80);
  throw new LedgerError(
    'bad_input',
    `The ledger cannot take this ${what}: ${where === '' ? 'it has the wrong shape' : `"${where}" is missing or wrong`}.`,
    'This comes from the program, not from the user: pass the value as the ledger interface describes it.',
  );
}
