import { z } from 'zod';
import type { Contact } from '../../permission/model.ts';
import type { Located } from '../download.ts';
import type { ApiError } from '../http.ts';
import { readInstant } from '../instant.ts';
import type { PermissionRequestSent, ProviderLimit, ProviderPermission } from '../provider.ts';
import { readSha256 } from '../sha256.ts';
import { transportError } from '../transport-error.ts';
import { joinContact } from './contact.ts';

/**
 * Meta's replies, read tolerantly: unknown keys are fine, numbers and strings stand for each other. What is needed and
 * not there becomes `provider_reply_unreadable` with outcome *unknown*, since Meta may have acted.
 */
const id = z.union([z.string().min(1).max(1024), z.number()]).transform(String);
const loose = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const count = z.coerce.number().int().nonnegative();

const errorReply = z.object({
  error: z.object({
    code: id,
    error_subcode: loose(id),
    message: loose(z.string()),
    error_data: loose(z.object({ details: loose(z.string()) })),
    fbtrace_id: loose(z.string()),
  }),
});

/** Meta says: judge by `code` and `details`, not by status, title or subcode. */
export function readErrorReply(body: unknown): ApiError | undefined {
  const result = errorReply.safeParse(body);
  if (!result.success) return undefined;
  const { code, error_subcode, error_data, message, fbtrace_id } = result.data.error;
  const details = error_data?.details ?? message;
  return {
    code,
    ...(error_subcode !== undefined ? { subcode: error_subcode } : {}),
    ...(details !== undefined ? { details } : {}),
    ...(fbtrace_id !== undefined ? { traceId: fbtrace_id } : {}),
  };
}

const callReply = z.object({ calls: z.array(z.object({ id })).min(1) });
export function readCallReply(body: unknown): { callId: string } {
  return { callId: (read(callReply, body).calls[0] as { id: string }).id };
}

const messageReply = z.object({
  messages: z.array(z.object({ id })).min(1),
  contacts: loose(z.array(z.record(z.string(), z.unknown()))),
});
export function readMessageReply(body: unknown): PermissionRequestSent {
  const { messages, contacts } = read(messageReply, body);
  const first = contacts?.[0];
  // `wa_id` may be missing or differ from what was dialled (Brazil's ninth digit); then it is the one that counts.
  const contact: Contact | undefined = first && joinContact({ phone: first.input }, [first], true);
  return { requestId: (messages[0] as { id: string }).id, ...(contact ? { contact } : {}) };
}

/** A 200 confirms; only an explicit `success: false` does not. */
export function readConfirmation(body: unknown): void {
  const { success } = read(z.object({ success: z.unknown().optional() }), body);
  if (success === false || success === 'false') throw unreadable();
}

const mediaReply = z.object({
  url: z.string().min(1).max(4_096),
  sha256: z.unknown().optional(),
  mime_type: loose(z.string()),
});
/** `GET /{media id}`. Its checksum is hex where the webhook's is base64. */
export function readMediaReply(body: unknown): Located {
  const { url, sha256, mime_type } = read(mediaReply, body);
  const checksum = readSha256(sha256);
  return {
    url,
    ...(checksum !== undefined ? { sha256: checksum } : {}),
    ...(mime_type !== undefined ? { mimeType: mime_type.slice(0, 100) } : {}),
  };
}

const limit = z.object({
  time_period: z.string(),
  max_allowed: count,
  current_usage: count,
  limit_expiration_time: z.unknown().optional(),
});
const action = z.object({
  action_name: z.string(),
  can_perform_action: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]),
  limits: loose(z.array(z.unknown())),
});
const permissionReply = z.object({
  permission: z.object({
    status: z.string(),
    expiration_time: z.unknown().optional(),
    expiration: z.unknown().optional(),
  }),
  actions: loose(z.array(z.unknown())),
});

/** A status that we do not know is no permission. The expiry has two names in Meta's page. */
export function readPermissionReply(body: unknown): ProviderPermission {
  const { permission, actions } = read(permissionReply, body);
  const named = permission.status.toLowerCase();
  const status = named === 'temporary' || named === 'permanent' ? named : 'none';
  const expiresAt =
    status === 'temporary'
      ? (readInstant(permission.expiration_time) ?? readInstant(permission.expiration))
      : undefined;
  const request = readAction(actions, 'send_call_permission_request');
  const call = readAction(actions, 'start_call');
  return {
    status,
    ...(expiresAt !== undefined ? { expiresAt } : {}),
    // An action that is not listed follows from the status alone.
    request: request ?? { allowed: status !== 'permanent', limits: [] },
    call: call ?? { allowed: status !== 'none', limits: [] },
  };
}

function readAction(actions: unknown[] | undefined, name: string): ProviderPermission['call'] | undefined {
  for (const item of actions ?? []) {
    const { data } = action.safeParse(item);
    if (data?.action_name !== name) continue;
    return { allowed: data.can_perform_action, limits: (data.limits ?? []).flatMap(readLimit) };
  }
  return undefined;
}

function readLimit(item: unknown): ProviderLimit[] {
  const { data } = limit.safeParse(item);
  if (!data) return [];
  const freesAt = readInstant(data.limit_expiration_time);
  return [
    {
      period: data.time_period,
      allowed: data.max_allowed,
      used: data.current_usage,
      ...(freesAt !== undefined ? { freesAt } : {}),
    },
  ];
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (!result.success) throw unreadable();
  return result.data;
}

function unreadable() {
  return transportError('provider_reply_unreadable', 'unknown', {
    text: 'The provider’s answer lacks what it must contain.',
  });
}
