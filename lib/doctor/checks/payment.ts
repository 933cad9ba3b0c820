import type { Check } from '../check.ts';
import { itemOf, itemsOf, textOf } from '../facts.ts';
import { type Finding, fail, ok, unknown, warn } from '../finding.ts';
import { notOffered, unseen } from '../unseen.ts';

/** Health errors about money: 141006 of the health status, 131042 and 131044 of messages and calls. */
const PAYMENT_CODES = new Set(['141006', '131042', '131044']);

/** What the provider says about the health of number, account and app; payment is part of it. */
export const payment: Check = {
  name: 'Payment',
  async run({ provider }, facts) {
    if (provider === '360dialog') return [notOffered('payment', 'The payment method')];
    const answer = await facts.number();
    if (!answer.ok) return [unseen('payment', 'The payment method', answer.error)];
    const health = itemOf(answer.body.health_status);
    const state = textOf(health?.can_send_message)?.toUpperCase();
    if (health === undefined || state === undefined)
      return [
        unknown(
          'payment_unseen',
          'The payment method is not told.',
          'The reply has no health status.',
          'Look at the payment settings in WhatsApp Manager.',
        ),
      ];
    const errors = itemsOf(health.entities).flatMap((entity) =>
      itemsOf(entity.errors).map((error) => ({
        code: textOf(error.error_code) ?? '',
        words: textOf(error.error_description) ?? '',
        help: textOf(error.possible_solution) ?? '',
      })),
    );
    const isPayment = ({ code, words }: { code: string; words: string }) =>
      PAYMENT_CODES.has(code) || /payment|billing|credit line/i.test(words);
    const findings: Finding[] = [];
    const unpaid = errors.find(isPayment);
    if (unpaid !== undefined)
      findings.push(
        fail(
          'payment_missing',
          'The business account has no valid payment method.',
          said(unpaid),
          'Add a payment method, or settle what is open, in the payment settings of the business.',
        ),
      );
    for (const error of errors.filter((one) => !isPayment(one)))
      findings.push(
        (state === 'BLOCKED' ? fail : warn)(
          'health_troubled',
          'WhatsApp limits or blocks what this number sends.',
          said(error),
          error.help || 'Look into WhatsApp Manager.',
        ),
      );
    if (findings.length === 0 && state !== 'AVAILABLE')
      findings.push(
        (state === 'BLOCKED' ? fail : warn)(
          'health_troubled',
          `WhatsApp says that messages of this number are ${state.toLowerCase()}.`,
          'The health status of the number.',
          'Look into WhatsApp Manager.',
        ),
      );
    return findings.length > 0
      ? findings
      : [
          ok(
            'payment',
            'Payment and health of the account are fine.',
            'The health status of the number names no problem.',
          ),
        ];
  },
};

function said({ code, words }: { code: string; words: string }): string {
  return `The provider said: ${code === '' ? '' : `code ${code}, `}${words.slice(0, 300) || 'nothing more'}.`.replace(
    /\.\.$/,
    '.',
  );
}
