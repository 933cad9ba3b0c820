import type { Instant } from '../permission/model.ts';

/** The call settings of a business number in our words. Types only; rules are in `settings-*.ts`. */
export const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Day = (typeof DAYS)[number];

/** Times of a day in the zone of the schedule, as `09:00`. */
export interface OpenHours {
  open: string;
  close: string;
}
/** Other hours than the week's on one date: calls are taken from `from` to `to`. */
export interface Holiday {
  /** `2026-12-25`, in the zone of the schedule. */
  date: string;
  from: string;
  to: string;
}
export interface CallHours {
  status: string;
  timeZone?: string;
  weekly: Partial<Record<Day, OpenHours[]>>;
  holidays: Holiday[];
}
export interface Voicemail {
  status: string;
  triggers: string[];
  timeoutSeconds?: number;
  announcementMediaId?: string;
}
export interface Restriction {
  /** The provider's name of it. */
  type: string;
  reason?: string;
  /** Absent: without a known end. */
  until?: Instant;
  /** Whether it stops calls and requests of the business, rather than calls of people. */
  outgoing: boolean;
}

/**
 * As read. Words are the provider's in lower case (`enabled`, `disabled`, `not_set`, and what it may invent), so that
 * nothing unknown is taken for something known. A group that the provider does not tell is absent or `not_set`.
 */
export interface CallingSettings {
  status: string;
  icons: {
    /** default, disable_all, hide_in_chat */
    visibility: string;
    /** ISO 3166 codes; empty: everybody sees the icon. */
    countries: string[];
  };
  /** When people may call. Concerns calls of people only. */
  hours?: CallHours;
  callbackPermission: string;
  /** Beside Opus: PCMA, PCMU. */
  codecs: string[];
  voicemail?: Voicemail;
  /** While it is enabled, calls cannot be made or taken through the API. */
  sip: { status: string };
  /** dtls, sdes; `not_set` is DTLS. */
  keyExchange: string;
  restrictions: Restriction[];
}

type OnOff = 'enabled' | 'disabled';

/** What to change; everything left out stays as it is. */
export interface CallingSettingsPatch {
  status?: OnOff;
  icons?: { visibility?: 'default' | 'disable_all' | 'hide_in_chat'; countries?: string[] };
  hours?: {
    status?: OnOff;
    timeZone?: string;
    /** Days that are named get these hours (`[]`: closed); the other days stay. */
    weekly?: Partial<Record<Day, OpenHours[]>>;
    /** The whole list anew. */
    holidays?: Holiday[];
    /** Into the list that is there; another entry of the same date is replaced. */
    addHolidays?: Holiday[];
    /** Dates. */
    removeHolidays?: string[];
  };
  callbackPermission?: OnOff;
  codecs?: ('PCMA' | 'PCMU')[];
  voicemail?: {
    status?: OnOff;
    triggers?: ('reject' | 'timeout')[];
    timeoutSeconds?: number;
    announcementMediaId?: string;
  };
  /** Only off: with SIP on, this palette could neither place nor take a call. */
  sip?: { status: 'disabled' };
  /** Only DTLS: it is what our audio speaks. */
  keyExchange?: 'dtls';
}

/** One setting that is not as it was. `path` is such as `hours.weekly.monday`. */
export interface SettingChange {
  path: string;
  before: unknown;
  after: unknown;
  /** True if it was asked for; else somebody changed it at the same time, or the provider did along with ours. */
  asked: boolean;
}
export interface SettingsChanged {
  /** As they are now, read back. */
  settings: CallingSettings;
  changes: SettingChange[];
  /** What was asked for and is not there: the provider, or somebody else at the same moment, made it something else. */
  notApplied: { path: string; wanted: unknown; found: unknown }[];
  /** Past dates that had to go from the list, since the provider takes no list with a past date in it. */
  droppedHolidays: string[];
}

/** Reads and changes the call settings of one number. Failures are `ProviderError`. */
export interface NumberSettings {
  read(signal?: AbortSignal): Promise<CallingSettings>;
  /**
   * Changes what the patch names and nothing else, one change after the other. Nothing is written if all is so already.
   * @throws ProviderError `provider_input_invalid` with every mistake of the patch, before anything is written
   */
  change(patch: unknown, signal?: AbortSignal): Promise<SettingsChanged>;
}
