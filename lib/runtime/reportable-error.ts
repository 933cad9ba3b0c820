import { maskPhones } from '../provider/scrub.ts';
import { faultReason } from './fault-reason.ts';
import type { ReasonMessage } from './messages.ts';

/**
 * The only kind of error that reaches Node-RED: a sentence, a stable `code` for Catch nodes, no `cause`.
 *
 * A foreign error is copied field by field, because HTTP clients hang the whole request (with the access token) on
 * theirs, and the Debug sidebar and Catch messages show everything that an error carries.
 */
export class ReportableError extends Error {
  /** Stable, lower case with underscores; flows may switch on it. */
  readonly code: string;
  /** What `msg.reason` says beside it: sentence and next step apart, and the provider's own words. */
  readonly reason?: ReasonMessage;

  constructor(code: string, message: string, reason?: ReasonMessage) {
    super(message);
    this.name = 'ReportableError';
    this.code = code;
    // Not for those who print errors whole: flows find it in the message.
    if (reason !== undefined) Object.defineProperty(this, 'reason', { value: reason, enumerable: false });
  }
}

const SECRETS: [RegExp, string][] = [
  [/\b(Bearer|OAuth)\s+[^\s"',]+/gi, '$1 …'],
  [
    /\b(access_token|appsecret_proof|app_secret|verify_token|client_secret|api[-_]?key)(["']?\s*[=:]\s*["']?)[^\s"'&,}]+/gi,
    '$1$2…',
  ],
  [/\bEAA[0-9A-Za-z]{16,}/g, 'EAA…'],
  [/\b(a=(?:ice-pwd|ice-ufrag|crypto|fingerprint):)\S+/g, '$1…'],
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]+):[^\s@/]+@/gi, '$1:…@'],
];

/**
 * Takes secrets and whole phone numbers out of a text that is about to be shown or logged.
 *
 * @param text any sentence
 * @returns the same sentence with tokens as `…` and phone numbers as `+55119…0123`
 */
export function redact(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of SECRETS) clean = clean.replace(pattern, replacement);
  return maskPhones(clean);
}

/**
 * Makes an error fit for `done(error)` and `node.error(error, msg)`.
 *
 * @param error whatever was thrown
 * @returns a `ReportableError` with the thrower's `code` (or `internal_error`) and its next step appended to the sentence
 */
export function toReportable(error: unknown): ReportableError {
  if (error instanceof ReportableError) return error;
  const fields = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const code =
    typeof fields.code === 'string' && /^[A-Za-z][\w.-]{1,60}$/.test(fields.code) ? fields.code : 'internal_error';
  const message =
    error instanceof Error ? error.message : typeof error === 'string' ? error : 'Something unexpected happened.';
  const nextStep = typeof fields.nextStep === 'string' ? fields.nextStep : '';
  const reason = faultReason(code, message, nextStep, fields, redact);
  const sentence = [message, nextStep, saidBy(reason)].filter((part) => part !== '').join(' ');
  const reportable = new ReportableError(code, redact(sentence) || 'Something unexpected happened.', reason);
  if (error instanceof Error && error.stack) {
    const frames = error.stack.split('\n').filter((line) => /^\s+at /.test(line));
    reportable.stack = [`${reportable.name}: ${reportable.message}`, ...frames].join('\n');
  }
  return reportable;
}

/** The provider's own words, so that nobody has to guess what is behind our sentence. */
function saidBy(reason: ReasonMessage | undefined): string {
  const { code, details } = reason?.provider ?? {};
  if (code === undefined) return '';
  const words = details?.replace(/[.\s]+$/, '');
  return `The provider said: code ${code}${words ? `, ${words}` : ''}.`;
}
