import type { Contact } from '../../permission/model.ts';
import type { CaptureConsent, Captures, OutboundCall, PermissionRequest, ProviderError } from '../provider.ts';
import { transportError } from '../transport-error.ts';

/**
 * Bodies of Meta's API, from our words. Nothing undocumented is sent: an unknown parameter is refused with error 100.
 * Source: calling reference and user call permissions page, 26 Jun 2026. All throw `ProviderError` `provider_input_invalid`.
 */
const PRODUCT = { messaging_product: 'whatsapp' } as const;
const LONGEST_CORRELATION = 512;
const LONGEST_BODY = 1024;
const LONGEST_TEXT = 4096;
const LONGEST_ANNOUNCED = 250;

/** `to` wins at Meta if both are there, so only one is sent. */
export function addressee(contact: Contact): { to: string } | { recipient: string } {
  const phone = contact.phone?.replace(/^\+/, '');
  if (phone !== undefined && /^\d{5,15}$/.test(phone)) return { to: phone };
  const user = contact.userId ?? contact.parentUserId;
  if (phone === undefined && user !== undefined && /^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/.test(user)) {
    return { recipient: user };
  }
  throw invalid('The contact has neither a phone number in digits nor a business-scoped user id (such as BR.4821…).');
}

export function connect({ contact, offer, correlationId, captures }: OutboundCall): object {
  if (!offer?.startsWith('v=0')) throw invalid('The call has no session description.');
  return {
    ...PRODUCT,
    ...addressee(contact),
    action: 'connect',
    session: { sdp_type: 'offer', sdp: offer },
    biz_opaque_callback_data: checkedCorrelation(correlationId),
    ...optins(captures),
  };
}

/** The same answer must be given to `pre_accept` and to `accept`. Meta's tables say "offer" here; its samples and practice say "answer". */
export function acceptance(
  callId: string,
  answer: string,
  { preAccept, correlationId, captures }: { preAccept: boolean; correlationId?: string; captures?: Captures },
): object {
  if (!answer.startsWith('v=0')) throw invalid('The answer has no session description.');
  return {
    ...PRODUCT,
    call_id: checkedCallId(callId),
    action: preAccept ? 'pre_accept' : 'accept',
    session: { sdp_type: 'answer', sdp: answer },
    ...(preAccept || correlationId === undefined
      ? {}
      : { biz_opaque_callback_data: checkedCorrelation(correlationId) }),
    ...(preAccept ? {} : optins(captures)),
  };
}

/**
 * Recording and transcription by Meta, with `connect` and `accept` alone; purpose and language are announced to the person.
 * Source: call recording and call transcription pages, 31 Aug 2026 (meta-cloud-api.md §1.1). Left out is not enabled.
 */
function optins({ recording, transcription }: Captures = {}): object {
  return {
    ...(recording === undefined ? {} : { recording: optin(recording) }),
    ...(transcription === undefined ? {} : { transcription: optin(transcription) }),
  };
}

function optin({ purpose, language }: CaptureConsent): object {
  const said = purpose.trim();
  if (said === '' || said.length > LONGEST_ANNOUNCED) {
    throw invalid(`What is recorded for must be said in 1 to ${LONGEST_ANNOUNCED} characters.`);
  }
  // Meta has a list of languages; what is not on it is refused by Meta, which may have more by now.
  if (!/^[a-z]{2}(_[A-Z]{2})?$/.test(language))
    throw invalid('The language of the announcement must look like pt or en_US.');
  return { status: 'ENABLED', purpose: said, announcement_language: language };
}

export function ending(callId: string, action: 'reject' | 'terminate'): object {
  return { ...PRODUCT, call_id: checkedCallId(callId), action };
}

export function permissionRequest(request: PermissionRequest): object {
  const head = { ...PRODUCT, recipient_type: 'individual', ...addressee(request.contact) };
  if (request.via === 'template') return { ...head, type: 'template', template: template(request.template) };
  const text = request.text?.trim();
  if (text !== undefined && text.length > LONGEST_BODY) {
    throw invalid(`The text of the request has more than ${LONGEST_BODY} characters.`);
  }
  return {
    ...head,
    type: 'interactive',
    interactive: {
      type: 'call_permission_request',
      action: { name: 'call_permission_request' },
      ...(text ? { body: { text } } : {}),
    },
  };
}

export function textMessage(contact: Contact, text: string): object {
  if (text.trim() === '') throw invalid('The message has no text.');
  if (text.length > LONGEST_TEXT) throw invalid(`The message has more than ${LONGEST_TEXT} characters.`);
  return {
    ...PRODUCT,
    recipient_type: 'individual',
    ...addressee(contact),
    type: 'text',
    text: { preview_url: false, body: text },
  };
}

/** The permission component takes no parameters and is not repeated when sending. */
function template(value: PermissionRequest['template']): object {
  if (!value?.name || !value.language) throw invalid('The template needs a name and a language (such as pt_BR).');
  const { name, language, parameters } = value;
  const list = Array.isArray(parameters)
    ? parameters.map((text) => ({ type: 'text', text: filled(text) }))
    : Object.entries(parameters ?? {}).map(([key, text]) => ({
        type: 'text',
        parameter_name: key,
        text: filled(text),
      }));
  return {
    name,
    language: { code: language },
    ...(list.length > 0 ? { components: [{ type: 'body', parameters: list }] } : {}),
  };
}

function filled(text: unknown): string {
  const value = typeof text === 'number' ? String(text) : text;
  if (typeof value !== 'string' || value.trim() === '') throw invalid('A parameter of the template is empty.');
  return value;
}

function checkedCorrelation(value: string): string {
  if (value === '' || value.length > LONGEST_CORRELATION) {
    throw invalid(`The correlation id must have 1 to ${LONGEST_CORRELATION} characters.`);
  }
  return value;
}

function checkedCallId(value: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 512) throw invalid('The call id is missing.');
  return value;
}

function invalid(text: string): ProviderError {
  return transportError('provider_input_invalid', 'not_sent', { text });
}
