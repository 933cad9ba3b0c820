/** Webhook bodies in the shape of Meta's, with values of our own. */
export const NUMBER = '724600113355779';
export const BUSINESS = '351219876500';
export const ACCOUNT = '109988776655443';
export const PHONE = '4915700000042';
export const USER = 'DE.77310264955180027716';
export const PARENT = 'DE.ENT.40028871655093312244';
export const CALL = 'wacid.HBgNNDkxNTcwMDAwMDA0MhUCABEYIDhGMkE5';
export const REQUEST = 'wamid.HBgNNDkxNTcwMDAwMDA0MhUCABEYEjQ3QjFE';
export const REPLY = 'wamid.HBgNNDkxNTcwMDAwMDA0MhUCABIYFDlDMDE';
/** 2026-11-21T09:00:00Z */
export const T = 1795251600;
export const SDP = 'v=0\r\no=- 81 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 3480 UDP/TLS/RTP/SAVPF 111\r\n';

type Json = Record<string, unknown>;

export const contactEntry = {
  profile: { name: 'Jana Roth', username: 'jana.r' },
  wa_id: PHONE,
  user_id: USER,
  parent_user_id: PARENT,
};
export const joined = { phone: PHONE, userId: USER, parentUserId: PARENT, name: 'Jana Roth' };

export function envelope(field: string, value: Json, entry: Json = {}): Json {
  return { object: 'whatsapp_business_account', entry: [{ id: ACCOUNT, ...entry, changes: [{ field, value }] }] };
}
export function value(content: Json, phoneNumberId = NUMBER): Json {
  return {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: BUSINESS, phone_number_id: phoneNumberId },
    ...content,
  };
}
export function bytes(body: unknown): Buffer {
  return Buffer.from(JSON.stringify(body));
}

export const connectItem: Json = {
  id: CALL,
  from: BUSINESS,
  to: PHONE,
  to_user_id: USER,
  to_parent_user_id: PARENT,
  event: 'connect',
  direction: 'BUSINESS_INITIATED',
  timestamp: String(T),
  biz_opaque_callback_data: 'reservation-7',
  session: { sdp_type: 'answer', sdp: SDP },
};
export const inboundItem: Json = {
  id: CALL,
  from: PHONE,
  to: BUSINESS,
  from_user_id: USER,
  event: 'connect',
  direction: 'USER_INITIATED',
  timestamp: String(T),
  deeplink_payload: 'poster',
  cta_payload: 'button',
  session: { sdp_type: 'offer', sdp: SDP },
};
export const statusItem: Json = {
  id: CALL,
  type: 'call',
  status: 'RINGING',
  timestamp: String(T + 1),
  recipient_id: PHONE,
  recipient_user_id: USER,
  recipient_parent_user_id: PARENT,
  biz_opaque_callback_data: 'reservation-7',
};
export const terminateItem: Json = {
  id: CALL,
  from: BUSINESS,
  to: PHONE,
  to_user_id: USER,
  event: 'terminate',
  direction: 'BUSINESS_INITIATED',
  timestamp: String(T + 90),
  biz_opaque_callback_data: 'reservation-7',
  status: 'COMPLETED',
  start_time: String(T + 8),
  end_time: String(T + 89),
  duration: 81,
};
export const mediaError: Json = {
  code: 138021,
  message: 'Media receive timeout',
  href: 'https://example.invalid/errors',
  error_data: { details: 'No media was received from the business.' },
};
export function replyItem(reply: Json, more: Json = {}): Json {
  return {
    from: PHONE,
    from_user_id: USER,
    id: REPLY,
    timestamp: String(T),
    type: 'interactive',
    context: { from: BUSINESS, id: REQUEST },
    interactive: { type: 'call_permission_reply', call_permission_reply: reply },
    ...more,
  };
}
export const temporary: Json = {
  response: 'accept',
  is_permanent: false,
  expiration_timestamp: String(T + 604800),
  response_source: 'user_action',
};
export const failedStatus: Json = {
  id: REQUEST,
  status: 'failed',
  timestamp: String(T + 3),
  recipient_id: PHONE,
  errors: [
    {
      code: 131026,
      title: 'Message undeliverable',
      message: 'Message undeliverable',
      error_data: { details: 'Message undeliverable.' },
    },
  ],
};
export const recordingItem: Json = {
  id: CALL,
  from: BUSINESS,
  timestamp: String(T + 120),
  event: 'call_recording_available',
  call_recording: {
    type: 'audio',
    audio: { id: '99', sha256: 'x', mime_type: 'audio/ogg; codecs=opus', url: 'https://example.invalid/a' },
  },
};
export const settingsUpdate: Json = {
  messaging_product: 'whatsapp',
  timestamp: String(T),
  type: 'phone_number_settings',
  phone_number_settings: { phone_number_id: NUMBER, calling: { status: 'ENABLED', call_icon_visibility: 'DEFAULT' } },
};
export const restriction: Json = {
  phone_number: BUSINESS,
  event: 'ACCOUNT_RESTRICTION',
  restriction_info: [{ restriction_type: 'RESTRICTED_BUSINESS_INITIATED_CALLING', expiration: T + 604800 }],
};
export const violation: Json = {
  phone_number: BUSINESS,
  event: 'ACCOUNT_VIOLATION',
  violation_info: { violation_type: 'LOW_BUSINESS_INITIATED_CALLING_QUALITY', remediation: 'Call fewer people.' },
};

export const EVERY_BODY: unknown[] = [
  envelope('calls', value({ contacts: [contactEntry], calls: [connectItem] })),
  envelope('calls', value({ contacts: [contactEntry], calls: [{ ...inboundItem, id: `${CALL}-in` }] })),
  envelope('calls', value({ statuses: [statusItem] })),
  envelope('calls', value({ contacts: [contactEntry], calls: [terminateItem] })),
  envelope(
    'calls',
    value({ calls: [{ ...terminateItem, id: `${CALL}-failed`, status: 'FAILED' }], errors: [mediaError] }),
  ),
  envelope('messages', value({ contacts: [contactEntry], messages: [replyItem(temporary)] })),
  envelope('messages', value({ statuses: [failedStatus] })),
  envelope('calls', value({ calls: [recordingItem] })),
  envelope('account_settings_update', settingsUpdate),
  envelope('account_update', restriction, { id: '0', time: T }),
  [envelope('account_update', violation, { id: '0', time: T })],
];
