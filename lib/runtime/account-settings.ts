import { z } from 'zod';
import type { LegOptions } from '../media/media.ts';
import { parseContact } from '../permission/contact.ts';
import type { BusinessNumber } from '../permission/model.ts';
import type { ProviderSettings } from '../provider/meta/settings.ts';
import type { LiveCheck } from '../switchboard/deps.ts';
import type { OptOutSettings } from '../switchboard/opt-out.ts';
import { destinations } from './live-media.ts';
import { loopbackOf, MEDIA_SHAPE, mediaServers, toldOfMedia } from './media-settings.ts';
import { flag, number, oneOf, parseNodeConfig, text } from './node-config.ts';
import { ReportableError } from './reportable-error.ts';
import type { RunningSimulator } from './simulator-lease.ts';

const PATH = /^\/[A-Za-z0-9][\w\-./]*$/;
const SHAPE = {
  provider: oneOf(['simulator', 'meta', '360dialog', 'kapso', 'custom']),
  baseUrl: text(),
  apiVersion: text(),
  phoneNumberId: text(),
  wabaId: text(),
  businessNumber: text(),
  webhookPath: z
    .preprocess(
      (value) => (value === undefined || value === null || value === '' ? '/whatsapp-calling' : value),
      z.string(),
    )
    .refine((value) => PATH.test(value), 'must start with / and have no spaces'),
  store: text(),
  liveCheck: oneOf(['unsure', 'always', 'never']),
  mediaPortMin: number(0, { min: 0, max: 65_535 }),
  mediaPortMax: number(0, { min: 0, max: 65_535 }),
  mediaPublicAddress: text(),
  mediaBindAddress: text(),
  ...MEDIA_SHAPE,
  mediaEngine: oneOf(['werift', 'node-datachannel']),
  recordingRule: oneOf(['free', 'announced']),
  captureHosts: text().refine(
    (value) => destinations(value).every((host) => /^[a-z0-9][a-z0-9.-]{0,252}$/.test(host)),
    'must be hosts such as media.example.com, with spaces between',
  ),
  optOutConfirm: flag(true),
  optOutText: text().refine((value) => value.length <= 1_000, 'must be at most 1000 characters long'),
  optOutDigit: text().refine((value) => /^[0-9*#]?$/.test(value), 'must be one key, 0-9, * or #'),
};
/** Properties of a `wa-call-config` node. */
export type AccountSettings = z.infer<z.ZodObject<typeof SHAPE>>;

/** What the editor keeps encrypted. */
export interface AccountSecrets {
  accessToken?: string;
  appSecret?: string;
  previousAppSecret?: string;
  verifyToken?: string;
  turnPassword?: string;
}

/** Everything that makes up a line; equal lines are the same line. */
export interface LineSettings {
  provider: ProviderSettings;
  businessNumber: BusinessNumber;
  legOptions: LegOptions;
  optOut: OptOutSettings;
  liveCheck: LiveCheck;
  /** A recording here begins only after the person has been told. */
  announceRecordings: boolean;
}

/** @throws ReportableError `config_invalid` */
export function readAccountSettings(config: unknown): AccountSettings {
  const settings = parseNodeConfig(SHAPE, config);
  if (settings.mediaPortMax < settings.mediaPortMin) {
    throw new ReportableError(
      'config_invalid',
      'The last UDP port is below the first. Correct "UDP ports" in the number\'s configuration.',
    );
  }
  return settings;
}

/**
 * A number at a provider in the cloud.
 *
 * @throws ReportableError `config_invalid` naming what is missing
 */
export function cloudLine(settings: AccountSettings, secrets: AccountSecrets): LineSettings {
  const missing = [
    ['Number id', settings.phoneNumberId],
    ['Number', settings.businessNumber],
    ['Access token', secrets.accessToken],
    ['App secret', secrets.appSecret],
    ['Verify token', secrets.verifyToken],
    ['Base URL', settings.provider === 'custom' ? settings.baseUrl : 'not needed'],
  ].filter(([, value]) => !value?.trim());
  if (missing.length > 0) {
    throw new ReportableError(
      'config_invalid',
      `The number's configuration lacks: ${missing.map(([name]) => name).join(', ')}. Open it and fill them in.`,
    );
  }
  return {
    provider: {
      profile: settings.provider,
      phoneNumberId: settings.phoneNumberId,
      accessToken: secrets.accessToken?.trim() ?? '',
      appSecrets: [secrets.appSecret, secrets.previousAppSecret].flatMap((secret) => secret?.trim() || []),
      ...(settings.baseUrl !== '' && { baseUrl: settings.baseUrl }),
      ...(settings.apiVersion !== '' && { apiVersion: settings.apiVersion }),
      ...(settings.wabaId !== '' && { wabaId: settings.wabaId }),
      ...(secrets.verifyToken && { verifyToken: secrets.verifyToken.trim() }),
      ...(settings.captureHosts !== '' && { overrides: { mediaHosts: destinations(settings.captureHosts) } }),
    },
    businessNumber: { id: settings.phoneNumberId, phone: businessPhone(settings.businessNumber) },
    legOptions: {
      ...portRange(settings),
      ...(settings.mediaPublicAddress !== '' && { publicAddress: settings.mediaPublicAddress }),
      ...(settings.mediaBindAddress !== '' && { bindAddress: settings.mediaBindAddress }),
      ...loopbackOf(settings.baseUrl),
      ...mediaServers(settings, secrets.turnPassword),
      ...toldOfMedia(settings),
      ...mediaEngine(settings),
    },
    optOut: optOutOf(settings),
    liveCheck: settings.liveCheck,
    announceRecordings: settings.recordingRule === 'announced',
  };
}

/** The simulator's number. Its media stay on this machine. */
export function simulatedLine(settings: AccountSettings, { url, settings: played }: RunningSimulator): LineSettings {
  return {
    provider: {
      profile: 'simulator',
      baseUrl: url,
      phoneNumberId: played.phoneNumberId,
      wabaId: played.wabaId,
      accessToken: played.accessToken,
      appSecrets: [played.appSecret],
      verifyToken: played.verifyToken,
    },
    businessNumber: { id: played.phoneNumberId, phone: played.businessNumber.replace(/\D/g, '') },
    legOptions: {
      ...portRange(settings),
      bindAddress: '127.0.0.1',
      ...toldOfMedia(settings),
      ...mediaEngine(settings),
    },
    optOut: optOutOf(settings),
    liveCheck: settings.liveCheck,
    announceRecordings: settings.recordingRule === 'announced',
  };
}

function optOutOf({ optOutConfirm: confirm, optOutText, optOutDigit }: AccountSettings): OptOutSettings {
  return {
    confirm,
    ...(optOutText !== '' && { text: optOutText }),
    ...(optOutDigit !== '' && { digit: optOutDigit }),
  };
}

function portRange({ mediaPortMin: min, mediaPortMax: max }: AccountSettings): { portRange?: [number, number] } {
  return min > 0 && max > 0 ? { portRange: [min, max] } : {};
}

function mediaEngine({ mediaEngine: engine }: AccountSettings): Pick<LegOptions, 'engine'> {
  return engine === 'werift' ? {} : { engine };
}

function businessPhone(value: string): string {
  try {
    return parseContact(value).phone ?? '';
  } catch {
    throw new ReportableError(
      'config_invalid',
      'The number\'s configuration needs your own phone number with country code, such as +55 11 95550-0100, in the field "Number".',
    );
  }
}
