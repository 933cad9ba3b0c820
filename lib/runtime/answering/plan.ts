import type { z } from 'zod';
import type { CallView } from '../../call/call.ts';
import type { Instant } from '../../permission/model.ts';
import type { AnswerPlan, Refusal } from '../../switchboard/attendance.ts';
import { CAPTURE_SHAPE, readCaptures } from '../captures-input.ts';
import { isContact } from '../contact-filter.ts';
import { flag, number, oneOf, text } from '../node-config.ts';
import { isOpen, nextOpening, type OpeningHours, readOpeningHours, WEEKDAYS } from './opening-hours.ts';

/** Longest ringing before an automatic answer, in s: WhatsApp gives up after 30 to 60 (meta-cloud-api.md §1.3, 2026-06-24). */
const LONGEST_WAIT = 25;

const times = text().refine((value) => value.length <= 200, 'too long');
/** Properties of the answer node. */
export const SHAPE = {
  contact: text(),
  answer: oneOf(['automatic', 'flow', 'reject']),
  afterSeconds: number(2, { min: 0, max: LONGEST_WAIT }),
  preAccept: flag(true),
  maxSeconds: number(3600, { min: 0, max: 86_400 }),
  hours: oneOf(['always', 'week']),
  ...(Object.fromEntries(WEEKDAYS.map((day) => [day, times])) as Record<(typeof WEEKDAYS)[number], typeof times>),
  timeZone: text(),
  holidays: text().refine((value) => value.length <= 10_000, 'too long'),
  closedText: text().refine((value) => value.length <= 4096, 'at most 4,096 characters'),
  callbackClosed: flag(false),
  callbackMissed: flag(false),
  ...CAPTURE_SHAPE,
};
export type AnswerSettings = z.infer<z.ZodObject<typeof SHAPE>>;

const REFUSALS: Record<'closed' | 'holiday' | 'refused', Refusal> = {
  closed: {
    code: 'outside_hours',
    text: 'The call came outside the hours of this node and was refused.',
    nextStep: 'Call the person back when you are there, if they allowed it.',
  },
  holiday: {
    code: 'holiday',
    text: 'The call came on a holiday of this node and was refused.',
    nextStep: 'Call the person back when you are there, if they allowed it.',
  },
  refused: {
    code: 'refused',
    text: 'This node is set to refuse calls.',
    nextStep: 'Choose another way to answer in the node, if calls are to be taken.',
  },
};

/**
 * The hours of a node; undefined: always open. Checks what else `planFor` relies on.
 *
 * @throws ReportableError `hours_invalid`, `capture_purpose_missing` (why somebody calls us, nobody knows before)
 */
export function hoursOf(settings: AnswerSettings): OpeningHours | undefined {
  readCaptures(settings, { purpose: '', contact: {} });
  return settings.hours === 'always'
    ? undefined
    : readOpeningHours(settings, settings.holidays.replaceAll(';', '\n'), settings.timeZone);
}

/** What a node does about a call; undefined: it is about other people. */
export function planFor(
  settings: AnswerSettings,
  hours: OpeningHours | undefined,
  call: Pick<CallView, 'contact'>,
  now: Instant,
): AnswerPlan | undefined {
  const { contact, answer, afterSeconds, preAccept, maxSeconds, closedText, callbackClosed, callbackMissed } = settings;
  if (!isContact(contact, call.contact)) return undefined;
  const captures = readCaptures(settings, { purpose: '', contact: call.contact });
  const plan = { afterSeconds, preAccept, maxSeconds, ...(captures !== undefined && { captures }) };
  const state = hours === undefined ? 'open' : isOpen(hours, now);
  if (hours !== undefined && state !== 'open') {
    const opens = nextOpening(hours, now);
    return {
      ...{ ...plan, answer: 'refuse', refusal: REFUSALS[state] },
      ...(closedText !== '' && { text: closedText }),
      ...(callbackClosed && { callback: 'outside_hours' as const, ...(opens !== undefined && { callbackDue: opens }) }),
    };
  }
  if (answer === 'reject') return { ...plan, answer: 'refuse', refusal: REFUSALS.refused };
  return { ...plan, answer, ...(callbackMissed && { callback: 'missed_call' as const }) };
}
