import { z } from 'zod';
import { transportError } from '../transport-error.ts';
import { PROFILES, type Profile, type ProfileName } from './profile.ts';

/** What a configuration says about a provider that speaks Meta's JSON. */
export interface ProviderSettings {
  profile: ProfileName;
  /** Needed for `simulator` and `custom`; replaces the profile's own elsewhere. */
  baseUrl?: string;
  /** Such as `v25.0`. Not used by profiles without a version in the address. */
  apiVersion?: string;
  phoneNumberId: string;
  wabaId?: string;
  accessToken: string;
  /** The current one first, then the previous one while it is being changed. */
  appSecrets: string[];
  verifyToken?: string;
  overrides?: ProfileOverrides;
  /** For one try. Default 15,000 ms. */
  timeoutMs?: number;
}
export interface ProfileOverrides {
  authHeader?: string;
  authPrefix?: string;
  paths?: Partial<Profile['paths']>;
  webhook?: Partial<Profile['webhook']>;
  management?: Partial<Profile['management']>;
  /** Hosts from which recordings and transcripts may be fetched, with the access token. In place of the profile's own. */
  mediaHosts?: string[];
  /** Allows `http:` to another machine; the token then travels in clear. */
  allowPlainHttp?: boolean;
}
export interface CheckedSettings {
  profile: Profile;
  baseUrl: string;
  phoneNumberId: string;
  wabaId?: string;
  accessToken: string;
  appSecrets: string[];
  verifyToken?: string;
  timeoutMs: number;
}

const OWN_HEADERS = ['host', 'content-type', 'content-length', 'connection', 'transfer-encoding', 'accept-encoding'];
const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/, 'is no header name')
  .refine((name) => !OWN_HEADERS.includes(name.toLowerCase()), 'is a header that cannot carry this');
const path = z.string().regex(/^\/[A-Za-z0-9._~/{}-]*$/, 'must begin with a slash and hold no query');
const printable = (what: string) =>
  z
    .string(`${what} is missing`)
    .trim()
    .min(1, `${what} is missing`)
    .max(4096, `${what} is too long`)
    .regex(/^[\x21-\x7e]*$/, `${what} holds spaces or characters that cannot be sent; copy it again`);

const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((v) => (v === '' || v === null ? undefined : v), schema.optional());

const schema = z.object({
  profile: z.enum(Object.keys(PROFILES) as [ProfileName], `profile must be one of ${Object.keys(PROFILES).join(', ')}`),
  baseUrl: optional(z.string().trim()),
  apiVersion: optional(z.string().regex(/^v\d{1,3}\.\d$/, 'the API version must look like v25.0')),
  phoneNumberId: z
    .string('the phone number id is missing')
    .trim()
    .min(1, 'the phone number id is missing')
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'the phone number id must be the id of the number (digits), not the number itself'),
  wabaId: optional(
    z
      .string()
      .trim()
      .regex(/^[A-Za-z0-9_-]{0,64}$/, 'the account id must be the id (digits) of the WhatsApp Business Account'),
  ),
  accessToken: printable('the access token'),
  appSecrets: z.array(z.string().trim()).default([]),
  verifyToken: optional(z.string().trim().max(1024, 'the verify token is too long')),
  overrides: optional(
    z.object({
      authHeader: optional(headerName),
      authPrefix: z
        .string()
        .max(32)
        .regex(/^[\x20-\x7e]*$/)
        .optional(),
      paths: optional(
        z.object({
          calls: optional(path),
          messages: optional(path),
          permissions: optional(path),
          media: optional(path),
        }),
      ),
      webhook: optional(
        z.object({
          header: optional(headerName),
          prefix: z.string().max(32).optional(),
          algorithm: optional(
            z.enum(
              ['sha256', 'sha512', 'static'],
              'the webhook algorithm must be sha256, sha512 or static (SHA-1 is refused)',
            ),
          ),
        }),
      ),
      mediaHosts: optional(
        z
          .array(
            z
              .string()
              .regex(/^[a-z0-9][a-z0-9.-]{0,252}$/, 'the hosts for media must be names such as media.example.com'),
          )
          .max(20),
      ),
      management: optional(z.object({ settings: optional(path), templates: optional(path) })),
      allowPlainHttp: z.boolean().optional(),
    }),
  ),
  timeoutMs: z
    .number()
    .int()
    .min(100, 'the time limit must be at least 100 ms')
    .max(55_000, 'the time limit must be at most 55 s')
    .default(15_000),
});

/** Checks settings and joins them with their profile. Throws `ProviderError` `provider_settings_invalid`, which quotes no value. */
export function checkSettings(settings: unknown): CheckedSettings {
  const result = schema.safeParse(settings);
  if (!result.success) {
    // One sentence per field is enough; the first one is the plainest.
    const sentences = new Map<string, string>();
    for (const { path: at, message } of result.error.issues) {
      const field = at.join('.');
      if (!sentences.has(field)) sentences.set(field, describe(at, message));
    }
    throw invalid([...sentences.values()].join('; '));
  }
  const { data } = result;
  const base = PROFILES[data.profile];
  const { overrides } = data;
  const profile: Profile = {
    ...base,
    ...(overrides?.authHeader !== undefined ? { authHeader: overrides.authHeader } : {}),
    ...(overrides?.authPrefix !== undefined ? { authPrefix: overrides.authPrefix } : {}),
    paths: { ...base.paths, ...defined(overrides?.paths) },
    media: { ...base.media, ...(overrides?.mediaHosts !== undefined ? { hosts: overrides.mediaHosts } : {}) },
    webhook: { ...base.webhook, ...defined(overrides?.webhook) },
    management: { ...base.management, ...defined(overrides?.management) },
  };
  return {
    profile,
    baseUrl: baseUrlOf(profile, data.baseUrl, data.apiVersion, overrides?.allowPlainHttp === true),
    phoneNumberId: data.phoneNumberId,
    ...(data.wabaId ? { wabaId: data.wabaId } : {}),
    accessToken: data.accessToken,
    appSecrets: data.appSecrets.filter((secret) => secret.length > 0),
    ...(data.verifyToken ? { verifyToken: data.verifyToken } : {}),
    timeoutMs: data.timeoutMs,
  };
}

function baseUrlOf(profile: Profile, given: string | undefined, version: string | undefined, plain: boolean): string {
  const text = given ?? profile.baseUrl;
  if (text === undefined) throw invalid('the base address is missing');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw invalid('the base address must begin with https://');
  if (url.username || url.password || url.search || url.hash) {
    throw invalid('the base address must hold no login, query or fragment');
  }
  const local = url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d+){3}$/.test(url.hostname);
  if (url.protocol === 'http:' && !local && !plain) {
    throw invalid('the base address must begin with https://, since the access token would travel in clear');
  }
  const address = (url.origin + url.pathname).replace(/\/+$/, '');
  const own = profile.apiVersion;
  if (own === undefined || /\/v\d+\.\d+$/.test(address)) return address;
  return `${address}/${version ?? own}`;
}

function describe(at: PropertyKey[], message: string): string {
  // Our own sentences name the field themselves; the library's ("Invalid input …") need its name before them.
  return /^(the|profile) /.test(message) ? message : `${at.join('.') || 'settings'}: ${message}`;
}

function invalid(what: string) {
  return transportError('provider_settings_invalid', 'not_sent', {
    text: `The provider is not set up correctly: ${what}.`,
  });
}

function defined<T extends object>(value: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, v]) => v !== undefined)) as never;
}
