import { readInstant } from '../../provider/instant.ts';
import type { Check } from '../check.ts';
import { itemOf, itemsOf, textOf } from '../facts.ts';
import { fail, ok, warn } from '../finding.ts';

const CALLS_OUT = /BUSINESS_INITIATED|BIZ_INITIATED/i;

/** Pauses that WhatsApp has put on the number because of complaints or calls that nobody took. */
export const restrictions: Check = {
  name: 'Restrictions',
  async run({ now }, facts) {
    const answer = await facts.settings();
    // That the settings cannot be read is said with them.
    const list = answer.ok ? itemsOf(itemOf(itemOf(answer.body.calling)?.restrictions)?.restrictions_list) : undefined;
    if (list === undefined) return [];
    const inForce = list.flatMap((item) => {
      const until = readInstant(item.expiration);
      return until !== undefined && until <= now() ? [] : [{ type: textOf(item.type) ?? 'unnamed', until }];
    });
    if (inForce.length === 0)
      return [
        ok(
          'restrictions',
          'The number is not restricted.',
          'The call settings of the number name no restriction in force.',
        ),
      ];
    return inForce.map(({ type, until }) => {
      const end =
        until === undefined
          ? 'without an end'
          : `until ${new Date(until).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
      const next = 'Wait for the end, ask fewer people more carefully, and look at the quality in WhatsApp Manager.';
      if (CALLS_OUT.test(type) || !/USER_INITIATED/i.test(type))
        return fail(
          'number_restricted',
          `WhatsApp has stopped calls and requests of this number ${end}.`,
          `${type}: people blocked or reported it.`,
          next,
        );
      return warn(
        'incoming_restricted',
        `WhatsApp has stopped calls to this number, or hidden its call button, ${end}.`,
        `${type}: calls of people were not answered, or were complained about.`,
        'Answer calls, or set call hours; then show the call button again in the call settings.',
      );
    });
  },
};
