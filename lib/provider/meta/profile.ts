import type { SignatureScheme } from './signature.ts';

export type ProfileName = 'simulator' | 'meta' | '360dialog' | 'kapso' | 'custom';

/**
 * What differs between those who speak Meta's JSON. In paths `{number}` stands for the phone number id, `{contact}` for
 * the person and `{media}` for the id of media; where a permission path names no `{contact}`, the person goes into the query
 * as Meta has it.
 */
export interface Profile {
  /** Undefined: the user must give one. */
  baseUrl?: string;
  /** Appended to the base address (`/v25.0`) unless it ends with a version already. Undefined: the address has none. */
  apiVersion?: string;
  authHeader: string;
  authPrefix: string;
  paths: { calls: string; messages: string; permissions: string; media: string };
  /**
   * Where recordings and transcripts may be fetched from besides the base address's own host. `through`: whatever host the
   * answer names, the base address's own is asked for the same path.
   */
  media: { hosts: string[]; through: boolean };
  webhook: SignatureScheme;
  /** Where number and account are managed; `{account}` is the id of the WhatsApp Business Account. Without `templates` that interface is not Meta's. */
  management: { settings: string; templates?: string };
}

const GRAPH_PATHS = {
  calls: '/{number}/calls',
  messages: '/{number}/messages',
  permissions: '/{number}/call_permissions',
  media: '/{media}',
};
const MANAGEMENT = { settings: '/{number}/settings', templates: '/{account}/message_templates' };
const META_SIGNATURE: SignatureScheme = { header: 'x-hub-signature-256', prefix: 'sha256=', algorithm: 'sha256' };
const META = {
  authHeader: 'Authorization',
  authPrefix: 'Bearer ',
  paths: GRAPH_PATHS,
  // A key may be a proxy's own, so that Meta's machines are asked with Meta's token alone.
  media: { hosts: [], through: false },
  webhook: META_SIGNATURE,
  management: MANAGEMENT,
};
/** Where Meta keeps media, as its examples of recordings have it (call recording page, 31 Aug 2026). */
const META_MEDIA_HOSTS = ['lookaside.fbsbx.com'];

/** v26.0 is out (29 Jul 2026), but Meta's WhatsApp examples use v25.0, which lives until 29 Jul 2028. */
export const DEFAULT_API_VERSION = 'v25.0';

/**
 * Sources: Meta's calling reference (26 Jun 2026); 360dialog's and Kapso's documentation (as of 20 Nov 2026).
 */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  meta: {
    ...META,
    baseUrl: 'https://graph.facebook.com',
    apiVersion: DEFAULT_API_VERSION,
    media: { hosts: META_MEDIA_HOSTS, through: false },
  },
  simulator: { ...META, apiVersion: DEFAULT_API_VERSION },
  // The key is bound to one number. Webhooks are not signed; instead 360dialog sends a header that the user sets there,
  // whose value is given here as app secret.
  '360dialog': {
    baseUrl: 'https://waba-v2.360dialog.io',
    authHeader: 'D360-API-KEY',
    authPrefix: '',
    paths: {
      calls: '/calling/calls',
      messages: '/messages',
      permissions: '/calling/permissions/{contact}',
      media: '/{media}',
    },
    // Media are asked for at its own host, under the path that Meta's address has. Whether it passes call recordings on is open.
    media: { hosts: [], through: true },
    webhook: { header: 'authorization', prefix: '', algorithm: 'static' },
    management: { settings: '/calling/settings' },
  },
  kapso: {
    baseUrl: 'https://api.kapso.ai/meta/whatsapp',
    apiVersion: 'v24.0',
    authHeader: 'X-API-Key',
    authPrefix: '',
    paths: GRAPH_PATHS,
    media: { hosts: [], through: false },
    webhook: { header: 'x-webhook-signature', prefix: '', algorithm: 'sha256' },
    management: MANAGEMENT,
  },
  custom: META,
};
