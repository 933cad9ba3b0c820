import { randomInt } from 'node:crypto';
import { z } from 'zod';

/** What can go wrong with webhooks in the world (meta-cloud-api.md §0.3, §5, §6, §15). Everything is off by default. */
export const webhookFaults = z.strictObject({
  /** Send everything this many times more. */
  duplicate: z.number().int().min(0).max(10).default(0),
  /** Hold webhooks back: all, or only of these kinds (`connect`, `RINGING`, `ACCEPTED`, `REJECTED`, `terminate`, `permission`, `message`, `status`). */
  delay: z.strictObject({ seconds: z.number().min(0).max(3600), kinds: z.array(z.string()).optional() }).optional(),
  /** `terminate_first`: connect comes after its call's terminate. `reverse`: gathers for `gatherSeconds`, then newest first. */
  reorder: z.enum(['terminate_first', 'reverse']).optional(),
  /** Gathers for `gatherSeconds` and sends everything in one POST, in several entries and changes. */
  batch: z.boolean().default(false),
  gatherSeconds: z.number().min(0).max(3600).default(0.5),
  /** Never deliver these kinds. */
  lose: z.array(z.string()).default([]),
  dropPhone: z.boolean().default(false),
  /** `completed`/`failed`, or `Completed`/`Failed` as walk-throughs print it. */
  statusCase: z.enum(['upper', 'lower', 'title']).default('upper'),
  integerExpiry: z.boolean().default(false),
  missingContacts: z.boolean().default(false),
  legacyConnection: z.boolean().default(false),
  unknownFields: z.boolean().default(false),
  /** Sends an event nobody knows beside every webhook. */
  unknownEvents: z.boolean().default(false),
  /** The name of the transcript's event: as seen on the wire on 28 Jul 2026, or as documented. */
  transcriptName: z
    .enum(['call_transcript_available', 'call_transcription_available'])
    .default('call_transcript_available'),
  /** Sign so many deliveries with a wrong secret. */
  badSignatures: z.number().int().min(0).max(1000).default(0),
  /** DTLS role in the relay's answer. */
  answerSetup: z.enum(['active', 'passive', 'actpass']).optional(),
});
export type WebhookFaults = z.infer<typeof webhookFaults>;

type Value = Record<string, unknown>;
const list = (value: unknown): Value[] => (Array.isArray(value) ? (value as Value[]) : []);

const PHONE_FIELDS = ['from', 'to', 'wa_id', 'recipient_id'];

/** The change as the faults let it out; the original stays as it is. */
export function distort(original: Value, faults: WebhookFaults, businessNumber: string): Value {
  const value = structuredClone(original);
  if (faults.missingContacts) delete value.contacts;
  const items = ['contacts', 'calls', 'statuses', 'messages'].flatMap((name) => list(value[name]));
  for (const item of items) {
    if (faults.dropPhone) hidePhone(item, businessNumber);
    if (faults.unknownFields) item.field_of_tomorrow = { nested: [1, 'ç/😀', null] };
  }
  for (const call of list(value.calls)) {
    if (typeof call.status === 'string' && faults.statusCase !== 'upper')
      call.status = recase(call.status, faults.statusCase);
    if (faults.legacyConnection && call.session) {
      const { sdp, sdp_type } = call.session as { sdp: string; sdp_type: string };
      call.connection = { webrtc: { sdp: JSON.stringify({ sdp, type: sdp_type }) } };
    }
  }
  for (const message of list(value.messages)) {
    const reply = (message.interactive as Value | undefined)?.call_permission_reply as Value | undefined;
    if (reply && faults.integerExpiry && reply.expiration_timestamp !== undefined)
      reply.expiration_timestamp = Number(reply.expiration_timestamp);
  }
  if (faults.unknownFields) value.something_new = 'ignored';
  return value;
}

/** Takes the person's number out of an item, leaving the business's. */
export function hidePhone(item: Value, businessNumber: string): void {
  for (const field of PHONE_FIELDS) if (item[field] !== undefined && item[field] !== businessNumber) delete item[field];
}

/** A change of a kind that no receiver knows. */
export function unknownChange(metadata: unknown, seconds: number): { field: string; value: Value } {
  return {
    field: 'calls',
    value: {
      messaging_product: 'whatsapp',
      metadata,
      calls: [{ id: `wacid.UNKNOWN${randomInt(2 ** 32)}`, event: 'event_of_tomorrow', timestamp: String(seconds) }],
    },
  };
}

function recase(status: string, how: 'lower' | 'title'): string {
  const lower = status.toLowerCase();
  return how === 'lower' ? lower : lower.charAt(0).toUpperCase() + lower.slice(1);
}
