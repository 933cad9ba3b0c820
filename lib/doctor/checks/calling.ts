import type { Check } from '../check.ts';
import { itemOf, textOf } from '../facts.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import { notOffered, unseen } from '../unseen.ts';

/** The call settings of the number: switched on, without SIP, with the encryption that we speak. */
export const calling: Check = {
  name: 'Call settings',
  async run({ provider }, facts) {
    const answer = await facts.settings();
    if (!answer.ok) {
      if (answer.error.providerCode === '138000') return [off()];
      if (answer.error.code === 'provider_not_found' && provider !== 'meta')
        return [notOffered('calling', 'The call settings')];
      return [unseen('calling', 'The call settings', answer.error)];
    }
    const settings = itemOf(answer.body.calling);
    if (settings === undefined) return [notOffered('calling', 'The call settings')];
    const findings: Finding[] = [];
    const status = textOf(settings.status)?.toUpperCase();
    if (status !== 'ENABLED') findings.push(off());
    if (textOf(itemOf(settings.sip)?.status)?.toUpperCase() === 'ENABLED')
      findings.push(
        fail(
          'sip_enabled',
          'SIP is switched on for the number.',
          'WhatsApp then refuses calls through the API (131055) and sends no call webhooks.',
          'Switch SIP off in the call settings, or use another number for this palette.',
        ),
      );
    if (textOf(settings.srtp_key_exchange_protocol)?.toUpperCase() === 'SDES')
      findings.push(
        warn(
          'encryption_sdes',
          'The number exchanges its keys by SDES.',
          'This palette encrypts with DTLS, which is the default.',
          'Set srtp_key_exchange_protocol to DTLS in the call settings.',
        ),
      );
    return findings.length > 0
      ? findings
      : [ok('calling', 'Calling is switched on, and SIP is off.', 'The call settings of the number say so.')];
  },
};

function off(): Finding {
  return fail(
    'calling_disabled',
    'Calling is not switched on for this number.',
    'It is off until somebody switches it on.',
    'Switch calling on: node "number settings", or WhatsApp Manager, phone number, call settings.',
  );
}
