import type { z } from 'zod';
import type { CallRecordQuery } from '../../ledger/ledger.ts';
import { isZone } from '../../permission/local-time.ts';
import { flag, number, oneOf, text } from '../node-config.ts';
import { ownProperty } from '../own-property.ts';
import { asText } from '../property.ts';
import { ReportableError } from '../reportable-error.ts';

const DIRECTIONS = ['outbound', 'inbound'] as const;
const OUTCOMES = ['completed', 'no_answer', 'declined', 'cancelled', 'failed', 'missed'] as const;
const FORMATS = ['array', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** Properties of the call records node. `message` leaves a choice to the property of the message with the same name. */
export const SHAPE = {
  action: oneOf(['read', 'score']),
  call: text('call.id'),
  callType: text('msg'),
  score: text('score'),
  scoreType: text('msg'),
  contact: text(),
  contactType: text('str'),
  period: oneOf(['all', 'today', 'yesterday', 'day', 'week', 'month', 'range']),
  from: text('from'),
  fromType: text('msg'),
  to: text('to'),
  toType: text('msg'),
  timeZone: text().refine(
    (zone) => zone === '' || isZone(zone),
    'must be the name of a time zone such as Europe/Lisbon, or empty',
  ),
  direction: oneOf(['any', ...DIRECTIONS, 'message']),
  outcome: oneOf(['any', ...OUTCOMES, 'message']),
  format: oneOf([...FORMATS, 'message']),
  limit: number(100, { min: 1, max: 1_000 }),
  full: flag(false),
  shortest: oneOf(['none', 'one']),
  each: flag(false),
};
export type RecordSettings = z.infer<z.ZodObject<typeof SHAPE>>;
/** Properties that may lie in the message or elsewhere. */
export type Located = 'contact' | 'from' | 'to' | 'call' | 'score';

/** @throws ReportableError `direction_unknown` */
export function readDirection(settings: RecordSettings, msg: object): CallRecordQuery['direction'] {
  const { direction } = settings;
  if (direction === 'any') return undefined;
  return direction === 'message' ? chosen(msg, 'direction', DIRECTIONS) : direction;
}

/** @throws ReportableError `outcome_unknown` */
export function readOutcome(settings: RecordSettings, msg: object): CallRecordQuery['outcome'] {
  const { outcome } = settings;
  if (outcome === 'any') return undefined;
  return outcome === 'message' ? chosen(msg, 'outcome', OUTCOMES) : outcome;
}

/** @throws ReportableError `format_unknown` */
export function readFormat(settings: RecordSettings, msg: object): Format {
  return settings.format === 'message' ? (chosen(msg, 'format', FORMATS) ?? 'array') : settings.format;
}

/** Longest place that a page gives. */
const LONGEST_NEXT = 4_096;

/**
 * Where the records go on: `msg.next` as the page before gave it.
 *
 * @throws ReportableError `next_invalid`
 */
export function readNext(msg: object): string | undefined {
  const value = ownProperty(msg, 'next');
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' && value.length <= LONGEST_NEXT) return value;
  throw new ReportableError(
    'next_invalid',
    'msg.next is not what this node gave. Pass it on unchanged, or delete it to begin at the first page.',
  );
}

/** Nothing in the message is no choice. */
function chosen<const W extends readonly string[]>(
  msg: object,
  name: 'direction' | 'outcome' | 'format',
  words: W,
): W[number] | undefined {
  const value = ownProperty(msg, name);
  if (value === undefined || value === null || value === '') return undefined;
  const wanted = asText(value)
    .slice(0, 40)
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
  const found = words.find((word) => word === wanted);
  if (found !== undefined) return found;
  throw new ReportableError(`${name}_unknown`, `msg.${name} must be one of ${words.join(', ')}, or missing.`);
}
