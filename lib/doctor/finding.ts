/**
 * What a look at the set-up found, for people who do not know the API. `fail`: calls cannot work like this. `warn`: they may
 * fail, or soon will. `ok`: looked at and right. `unknown`: could not be looked at, which is no fault by itself.
 */
export interface Finding {
  /** Stable, for programs. */
  id: string;
  level: Level;
  /** One sentence: what is the case. */
  what: string;
  /** Why that matters, or how it is known. */
  why: string;
  /** What to do; empty if there is nothing to do. */
  next: string;
}
export type Level = 'ok' | 'warn' | 'fail' | 'unknown';

const ORDER: readonly Level[] = ['fail', 'warn', 'unknown', 'ok'];

export const ok = (id: string, what: string, why: string): Finding => ({ id, level: 'ok', what, why, next: '' });
export const warn = (id: string, what: string, why: string, next: string): Finding =>
  finding('warn', id, what, why, next);
export const fail = (id: string, what: string, why: string, next: string): Finding =>
  finding('fail', id, what, why, next);
export const unknown = (id: string, what: string, why: string, next: string): Finding =>
  finding('unknown', id, what, why, next);

function finding(level: Level, id: string, what: string, why: string, next: string): Finding {
  return { id, level, what, why, next };
}

/** Worst first; findings of one level stay in the order of the checks. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((one, other) => ORDER.indexOf(one.level) - ORDER.indexOf(other.level));
}

/** Whether calls can be expected to work: nothing failed and nothing warns. What could not be looked at does not count. */
export function isHealthy(findings: readonly Finding[]): boolean {
  return findings.every(({ level }) => level === 'ok' || level === 'unknown');
}
