import type { ProviderErrorKind } from '../provider.ts';

/** What one provider code means to us. */
export interface ErrorEntry {
  /** Ours and stable. */
  code: string;
  /** Whether it helps to try again, and when: the column "Retry" of Meta's table as N, W, T and O. */
  kind: ProviderErrorKind;
  /** A plain sentence. */
  text: string;
  /** What the reader can do now. */
  nextStep: string;
  /** Meta's own words for "nothing happened": also a message may be sent again by itself. Placing a call never is. */
  undelivered?: true;
}
export type ErrorTable = Readonly<Record<string, ErrorEntry>>;

export const SUPPORT = 'If it stays, give the code and the trace id to the provider’s support.';
export const LATER = 'Try again later; the flow decides when.';

export function entry(code: string, kind: ProviderErrorKind, text: string, nextStep: string): ErrorEntry {
  return { code, kind, text, nextStep };
}
