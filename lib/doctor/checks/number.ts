import type { Check } from '../check.ts';
import { textOf } from '../facts.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import { notOffered, saidBy, unseen } from '../unseen.ts';

/** The number behind the id: there, the one that is configured, connected, and of good quality. */
export const number: Check = {
  name: 'Number',
  async run({ provider, businessPhone }, facts) {
    if (provider === '360dialog') return [notOffered('number', 'The number')];
    const answer = await facts.number();
    if (!answer.ok) {
      const { error } = answer;
      // Meta: 100 with subcode 33 for an id that does not exist or is not the token's.
      if (error.providerCode === '33' || (error.providerCode === '100' && error.subcode === '33'))
        return [
          fail(
            'number_unknown',
            'There is no number with this id, or the token may not use it.',
            saidBy(error),
            'Copy the "Phone number ID" (not the number itself, not the account id) from WhatsApp Manager.',
          ),
        ];
      return [unseen('number', 'The number', error)];
    }
    const { body } = answer;
    const findings: Finding[] = [];
    const shown = textOf(body.display_phone_number)?.replace(/\D/g, '') ?? '';
    if (shown !== '' && businessPhone !== '' && shown !== businessPhone)
      findings.push(
        fail(
          'number_differs',
          `The id belongs to the number that ends in ${shown.slice(-4)}, but the one that ends in ${businessPhone.slice(-4)} is configured.`,
          'The country rules go by the configured number, and account events are told apart by it.',
          'Correct "Number" or "Number id".',
        ),
      );
    const status = textOf(body.status)?.toUpperCase();
    if (status !== undefined && status !== 'CONNECTED')
      findings.push(
        fail(
          'number_not_connected',
          `The number is not connected (${status}).`,
          'Only a registered number can call.',
          'Register the number in WhatsApp Manager, or look there for what is wrong.',
        ),
      );
    if (textOf(body.account_mode)?.toUpperCase() === 'SANDBOX')
      findings.push(
        warn(
          'number_is_test',
          'The number is a test number.',
          'It reaches only the people on its list of recipients.',
          'Use a number of your own for going live.',
        ),
      );
    const quality = textOf(body.quality_rating)?.toUpperCase();
    if (quality === 'RED' || quality === 'YELLOW')
      findings.push(
        warn(
          'number_quality',
          `The quality of the number is ${quality === 'RED' ? 'low' : 'medium'}.`,
          'People have blocked or reported it; WhatsApp pauses numbers of low quality for 7 days.',
          'Ask fewer people, at better times, and say why you want to call.',
        ),
      );
    if (findings.length > 0) return findings;
    return [
      ok('number', 'The number is connected.', `The provider knows it as the one that ends in ${shown.slice(-4)}.`),
    ];
  },
};
