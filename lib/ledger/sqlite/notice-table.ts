import type { Effect } from '../ledger.ts';
import type { Session } from './session.ts';

/** Keeps effects that arose where nobody could be told at once; the next sweep hands them out. */
export function insertNotices(tx: Session, effects: readonly Effect[]): void {
  for (const effect of effects) {
    tx.db.statement('INSERT INTO notice(effect) VALUES(?)').run(JSON.stringify(effect));
  }
}

export function takeNotices(tx: Session): Effect[] {
  const rows = tx.db.statement('SELECT effect FROM notice ORDER BY seq').all();
  if (rows.length > 0) tx.db.run('DELETE FROM notice');
  return rows.map((row) => JSON.parse(String(row.effect)) as Effect);
}
