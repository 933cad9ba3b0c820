import type { Explanation } from '../../ledger/ledger.ts';
import type { Instant, LimitState, Reason, RuleSource } from '../../permission/model.ts';
import { plainTime } from '../../permission/reason-text.ts';
import type { RequestDelivery } from '../../switchboard/request-deliveries.ts';
import { type DeliveryMessage, deliveryMessage } from '../delivery-message.ts';
import { type PermissionMessage, permissionMessage, type ReasonMessage, reasonMessage } from '../messages.ts';

/** One limit as it stands. */
export interface LimitMessage {
  rule: RuleSource;
  allowed: number;
  used: number;
  /** What is counted; uses if left out. */
  unit?: 'seconds';
  /** It stands in the way now; of a rule that only warns: it would. */
  full: boolean;
  /** When the next use becomes free. */
  freesAt?: string;
  /** The rule only warns. */
  warns?: true;
  /** The same in plain words. */
  text: string;
}

/** Whether something may be done now, and every limit that was looked at. */
export interface VerdictMessage {
  allowed: boolean;
  /** A plain sentence; of a refusal the one that the blocked node would give. */
  text: string;
  reason?: ReasonMessage;
  warnings?: ReasonMessage[];
  limits: LimitMessage[];
}

/** What is known about a person and what follows from it, the same for messages and for the editor. */
export interface ExplanationMessage {
  /** When this was true. */
  at: string;
  /** `delivery`: how far the last request to this person got, if it left from here since the last start. */
  permission: PermissionMessage & { delivery?: DeliveryMessage };
  call: VerdictMessage;
  request: VerdictMessage;
}

/** @param at when the ledger explained it */
export function explanationMessage(
  explanation: Explanation & { delivery?: RequestDelivery },
  at: Instant,
): ExplanationMessage {
  const { permission, canCall, canRequest, delivery } = explanation;
  return {
    at: new Date(at).toISOString(),
    permission: {
      ...permissionMessage(permission, { canRequest, canCall }),
      ...(delivery === undefined ? {} : { delivery: deliveryMessage(delivery) }),
    },
    call: verdict(
      canCall,
      'This person may be called now.',
      explanation.callLimits,
      explanation.callReason,
      explanation.callWarnings,
    ),
    request: verdict(
      canRequest,
      'This person may be asked for permission now.',
      explanation.requestLimits,
      explanation.requestReason,
      explanation.requestWarnings,
    ),
  };
}

function verdict(
  allowed: boolean,
  yes: string,
  limits: readonly LimitState[],
  reason?: Reason,
  warnings: readonly Reason[] = [],
): VerdictMessage {
  return {
    allowed,
    text: allowed ? yes : (reason?.text ?? 'No.'),
    ...(reason !== undefined && { reason: reasonMessage(reason) }),
    ...(warnings.length > 0 && { warnings: warnings.map(reasonMessage) }),
    limits: limits.map(limitMessage),
  };
}

function limitMessage(limit: LimitState): LimitMessage {
  const { rule, allowed, used, unit, freesAt, warns } = limit;
  const full = used >= allowed;
  return {
    rule: { ...rule },
    allowed,
    used,
    ...(unit !== undefined && { unit }),
    full,
    ...(freesAt !== undefined && { freesAt: new Date(freesAt).toISOString() }),
    ...(warns === true && { warns }),
    text: limitText(limit, full),
  };
}

function limitText({ allowed, used, unit, freesAt, warns }: LimitState, full: boolean): string {
  // What is not counted in uses has one that is taken or not.
  const count =
    unit === 'seconds'
      ? `${plainDuration(used)} of ${plainDuration(allowed)}`
      : allowed === 1
        ? ''
        : `${used} of ${allowed} used`;
  const state = full ? (warns === true ? 'only warns' : 'in the way') : count === '' ? 'not in the way' : '';
  const until = full && freesAt !== undefined ? ` until ${plainTime(freesAt)}` : '';
  const text = [count, `${state}${until}`].filter((part) => part !== '').join(', ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** `5400` as `1 h 30 min`: the largest unit that it fills, and the one below. */
function plainDuration(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds));
  const counts = UNITS.map(([name, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return { name, count };
  });
  const first = counts.findIndex(({ count }) => count > 0);
  if (first < 0) return '0 s';
  const shown = counts.slice(first, first + 2).filter(({ count }) => count > 0);
  return shown.map(({ name, count }) => `${count} ${name}`).join(' ');
}
