import type { CallingSettings, SettingsChanged } from '../../provider/calling-settings.ts';

/** Something that the reader of the settings should know, in the shape of a refusal. */
export interface Notice {
  code:
    | 'calling_disabled'
    | 'sip_enabled'
    | 'key_exchange_sdes'
    | 'calls_restricted'
    | 'incoming_calls_restricted'
    | 'voicemail_beside_hours';
  text: string;
  nextStep: string;
  /** End of a restriction. */
  until?: string;
}

/** `msg.settings`: as the provider adapter has them, times as ISO 8601. */
export type SettingsMessage = Omit<CallingSettings, 'restrictions'> & {
  restrictions: { type: string; reason?: string; until?: string; outgoing: boolean }[];
};

export function settingsMessage(settings: CallingSettings): SettingsMessage {
  return {
    ...settings,
    restrictions: settings.restrictions.map(({ until, ...rest }) => ({
      ...rest,
      ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    })),
  };
}

/** What a flow gets after a change. */
export function changedMessage(changed: SettingsChanged): Record<string, unknown> {
  const { settings, changes, notApplied, droppedHolidays } = changed;
  return {
    settings: settingsMessage(settings),
    notices: noticesOf(settings),
    changes: changes.map(({ path, before, after, asked }) => ({
      path,
      before: before ?? null,
      after: after ?? null,
      asked,
    })),
    ...(notApplied.length > 0 && {
      notApplied: notApplied.map(({ path, wanted, found }) => ({ path, wanted: wanted ?? null, found: found ?? null })),
    }),
    ...(droppedHolidays.length > 0 && { droppedHolidays }),
  };
}

/** What stands in the way of calls, or contradicts itself, in plain words. */
export function noticesOf({ status, sip, keyExchange, restrictions, voicemail, hours }: CallingSettings): Notice[] {
  const notices: Notice[] = [];
  if (status !== 'enabled') {
    notices.push({
      code: 'calling_disabled',
      text: 'Calling is not switched on for this number: nobody can call it, and it can call nobody.',
      nextStep: 'Set "Calling" to on in a settings node.',
    });
  }
  if (sip.status === 'enabled') {
    notices.push({
      code: 'sip_enabled',
      text: 'SIP is switched on for this number. WhatsApp then takes no calls through its API (error 131055) and sends no call events, so the nodes of this palette cannot call or answer.',
      nextStep: 'Switch SIP off, or keep the number for the SIP server and use another one here.',
    });
  }
  if (keyExchange === 'sdes') {
    notices.push({
      code: 'key_exchange_sdes',
      text: 'The number exchanges its media keys by SDES. The audio of this palette needs DTLS.',
      nextStep: 'Set the key exchange to DTLS.',
    });
  }
  for (const { type, until, outgoing } of restrictions) {
    const end = until === undefined ? 'WhatsApp names no end' : `until ${new Date(until).toISOString()}`;
    notices.push({
      code: outgoing ? 'calls_restricted' : 'incoming_calls_restricted',
      text: outgoing
        ? `WhatsApp has stopped calls and permission requests of this number (${type}), ${end}.`
        : `WhatsApp has restricted calls of people to this number (${type}), ${end}.`,
      nextStep: outgoing
        ? 'Nothing is sent until then. Look at the quality of the number in WhatsApp Manager.'
        : 'Answer more of the calls that come in, and look at the number in WhatsApp Manager.',
      ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    });
  }
  if (voicemail?.status === 'enabled' && hours?.status === 'enabled') {
    notices.push({
      code: 'voicemail_beside_hours',
      text: 'Voicemail and call hours are both on. Outside the hours nobody can call, so nobody reaches the voicemail.',
      nextStep: 'Switch one of them off.',
    });
  }
  return notices;
}
