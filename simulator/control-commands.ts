import { z } from 'zod';
import { accountFacts } from './account-facts.ts';
import { SCRIPTS } from './call-script.ts';
import { graphFault } from './graph-faults.ts';
import { templateReview, templateVerdict } from './template-review.ts';
import { webhookFaults } from './webhook-faults.ts';

const user = z.string().min(1);
const callId = z.string().min(1).optional();
const voice = z.union([
  z.strictObject({ kind: z.enum(['silence', 'tone', 'echo', 'none']) }),
  z.strictObject({ kind: z.literal('wav'), file: z.string().min(1) }),
]);
const permissionAnswer = z.enum(['temporary', 'permanent', 'reject']);
const digits = z.string().regex(/^\d{8,15}$/, 'digits of an international number, without +');
const ofCall = z.strictObject({ user, callId });
/** meta-cloud-api.md §5.11 */
const RESTRICTIONS = [
  'RESTRICTED_BUSINESS_INITIATED_CALLING',
  'RESTRICTED_USER_INITIATED_CALLING',
  'RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING',
] as const;

/** What each command takes. The HTTP control API and the programmatic one are the same table. */
export const commandSchemas = {
  clock: z.strictObject({
    advanceSeconds: z
      .number()
      .min(0)
      .max(400 * 86_400),
  }),
  script: z.strictObject({
    user,
    script: z.enum(SCRIPTS).optional(),
    voice: voice.optional(),
    afterSeconds: z.number().min(0).max(3600).optional(),
    talkSeconds: z.number().min(0).max(86_400).optional(),
    failure: z.union([z.literal(138019), z.literal(138020)]).optional(),
    /** Also while somebody looks at the phone page. */
    force: z.boolean().optional(),
    /** How the person answers permission questions by themselves; null: not. */
    permissionAnswer: permissionAnswer.nullable().optional(),
  }),
  faults: webhookFaults.partial().extend({ graph: z.array(graphFault).optional(), reset: z.boolean().optional() }),
  people: z.strictObject({
    phone: digits,
    name: z.string().min(1).optional(),
    userId: z
      .string()
      .regex(/^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/)
      .optional(),
    parentUserId: z
      .string()
      .regex(/^[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}$/)
      .optional(),
    username: z.string().optional(),
    aliases: z.array(digits).optional(),
    onWhatsApp: z.boolean().optional(),
    callable: z.boolean().optional(),
    allowListed: z.boolean().optional(),
    hidePhone: z.boolean().optional(),
  }),
  permission: z.strictObject({
    user,
    answer: z.enum(['temporary', 'permanent', 'reject', 'profile_permanent', 'revoke']),
    requestId: z.string().optional(),
  }),
  message: z.strictObject({ user, text: z.string().min(1).max(4096) }),
  'call/answer': z.strictObject({ user, callId, voice: voice.optional() }),
  'call/decline': ofCall,
  'call/ignore': ofCall,
  'call/hangup': ofCall,
  'call/digit': z.strictObject({ user, callId, digit: z.string().regex(/^[0-9*#]$/, 'one of 0-9, * and #') }),
  'call/start': z.strictObject({ user, voice: voice.optional() }),
  webhook: z.strictObject({ url: z.string().min(1), verifyToken: z.string().optional() }),
  number: z.strictObject({
    businessNumber: digits.optional(),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .nullable()
      .optional(),
    testNumber: z.boolean().optional(),
    messagingLimit: z.number().int().min(0).optional(),
    templateReview: templateReview.optional(),
    /** Pause for low quality; null lifts it. */
    restricted: z
      .strictObject({
        seconds: z.number().min(1).optional(),
        warning: z.boolean().optional(),
        type: z.enum(RESTRICTIONS).optional(),
        /** Only in the settings: the webhook got lost. */
        silent: z.boolean().optional(),
      })
      .nullable()
      .optional(),
  }),
  /** WhatsApp's reviewers, and its quality watch. */
  template: templateVerdict,
  account: accountFacts.partial().extend({ reset: z.boolean().optional(), subscribed: z.boolean().optional() }),
  clear: z.strictObject({}),
};
export type Command = keyof typeof commandSchemas;
export type Body<C extends Command> = z.input<(typeof commandSchemas)[C]>;
export type Checked<C extends Command> = z.output<(typeof commandSchemas)[C]>;
