import type { Statement } from './link.ts';

/** Lets the audit's own triggers pass inside this transaction. Nobody else sees the mark: it is gone before the commit. */
export function asMaintenance(s: string, statements: readonly Statement[]): Statement[] {
  return [
    { text: `INSERT INTO ${s}.meta(k, v) VALUES('maintenance', '1')` },
    ...statements,
    { text: `DELETE FROM ${s}.meta WHERE k = 'maintenance'` },
  ];
}
