import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Script } from './call-script.ts';
import { SCRIPTS } from './call-script.ts';
import type { PersonInput } from './people.ts';
import type { CreateRelay, Setup } from './relay-contract.ts';
import type { Limits } from './rules.ts';
import { SimulatorError } from './simulator-error.ts';

/** How to start a simulator. Everything has a default; a simulator without options works. */
export interface SimulatorOptions {
  /** TCP port on 127.0.0.1; 0 (default): any free one. */
  port?: number;
  /** Where the business listens. The subscription is confirmed in the background, as often as it takes. */
  webhook?: { url: string; verifyToken?: string };
  accessToken?: string;
  appSecret?: string;
  verifyToken?: string;
  phoneNumberId?: string;
  wabaId?: string;
  /** Digits of the business's number; decides the country it calls from. */
  businessNumber?: string;
  /** What people see as the caller. */
  businessName?: string;
  people?: PersonInput[];
  /** Everybody with a number is on WhatsApp. Otherwise only the people named. */
  anyone?: boolean;
  /** JSON file in which permissions, chats and undelivered webhooks survive a restart. */
  stateFile?: string;
  /** Media; without it calls have signalling only. Default true. */
  relay?: boolean;
  /** In place of `simulator/relay/relay.ts`. Not for the worker. */
  createRelay?: CreateRelay;
  /** Time to start at (ISO 8601 or milliseconds); default now. A state file's clock goes on where it was. */
  clock?: string | number;
  /** Real seconds per second of a script: 0.01 is a hundred times as fast. */
  pace?: number;
  /** How long a phone rings, in seconds. Meta documents no value. */
  ringSeconds?: number;
  /** The number is a test number: more requests, more patience, an allow list. */
  testNumber?: boolean;
  /** How people take calls when nobody looks at their phone page. */
  script?: Script;
  limits?: Partial<Limits>;
  /** Whether a call that the business cancels while it rings counts as unanswered. Not documented by Meta; default true. */
  cancelledCounts?: boolean;
  /** DTLS role in the relay's answer. Default `active`, as in Meta's samples. */
  answerSetup?: Setup;
  /** Webhooks one at a time and in order (default), or up to 16 at once as in the real world. */
  orderedWebhooks?: boolean;
  /** Milliseconds until a webhook is sent again for the first time. */
  webhookRetryMs?: number;
}

const digits = z.string().regex(/^\d{8,15}$/, 'digits of an international number, without +');
const id = z.string().regex(/^\d{5,20}$/, 'digits only');
const token = z.string().min(1).max(500);
const count = z.number().int().min(1);
const shape = z.strictObject({
  port: z.number().int().min(0).max(65_535).default(0),
  webhook: z.strictObject({ url: z.string(), verifyToken: z.string().optional() }).optional(),
  accessToken: token.default(() => `EAAsimulator${randomBytes(24).toString('hex')}`),
  appSecret: token.default(() => randomBytes(16).toString('hex')),
  verifyToken: token.default(() => randomBytes(16).toString('hex')),
  phoneNumberId: id.default('334455667788990'),
  wabaId: id.default('209876543210987'),
  businessNumber: digits.default('351211000100'),
  businessName: z.string().min(1).max(100).default('Example Business'),
  people: z.array(z.looseObject({ phone: digits })).optional(),
  anyone: z.boolean().default(false),
  stateFile: z.string().min(1).optional(),
  relay: z.boolean().default(true),
  createRelay: z.custom<CreateRelay>((value) => typeof value === 'function').optional(),
  clock: z.union([z.number(), z.iso.datetime({ offset: true })]).optional(),
  pace: z.number().min(0).max(10).default(1),
  ringSeconds: z.number().min(2).max(3600).default(60),
  testNumber: z.boolean().default(false),
  script: z.looseObject({ name: z.enum(SCRIPTS) }).default({ name: 'no_answer' }),
  limits: z
    .strictObject({
      requestsPerDay: count,
      requestsPerWeek: count,
      connectedPerDay: count,
      nudgeAfter: count,
      revokeAfter: count,
      startedPerDay: count,
      concurrent: count,
      lookupsPerSecond: count,
    })
    .partial()
    .default({}),
  cancelledCounts: z.boolean().default(true),
  answerSetup: z.enum(['active', 'passive', 'actpass']).default('active'),
  orderedWebhooks: z.boolean().default(true),
  webhookRetryMs: z.number().min(1).max(60_000).default(500),
});
export type CompleteOptions = z.output<typeof shape>;

/** @throws SimulatorError `options_invalid`, naming the option */
export function completeOptions(options: SimulatorOptions): CompleteOptions {
  const result = shape.safeParse(options);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const name = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.');
  throw new SimulatorError(
    'options_invalid',
    `The simulator's option ${name} is not valid: ${issue?.message}.`,
    'Correct it, or leave it out for the default.',
  );
}
