import type { Switchboard } from '../../switchboard/switchboard.ts';
import { readCallId } from '../call-id.ts';
import { asText } from '../property.ts';
import { ReportableError } from '../reportable-error.ts';

/** One score that a message brings. */
export interface Scoring {
  look(name: 'call' | 'score'): Promise<unknown>;
  switchboard: Pick<Switchboard, 'noteScore'>;
}

/**
 * Writes how content a person was into the record of their call: a whole number from 1 to 5, or the key that was pressed.
 *
 * @returns what was written
 * @throws ReportableError `call_missing`, `score_invalid`, `call_unknown`; LedgerError
 */
export async function noteScore({ look, switchboard }: Scoring): Promise<{ id: string; score: number }> {
  const id = readCallId(await look('call'));
  const said = asText(await look('score')).trim();
  if (!/^[1-5]$/.test(said)) {
    throw new ReportableError(
      'score_invalid',
      'The score must be a whole number from 1 to 5. Set msg.score, or set "Score" to where it is.',
    );
  }
  const score = Number(said);
  if (await switchboard.noteScore(id, score)) return { id, score };
  throw new ReportableError(
    'call_unknown',
    'The store knows no such call, so the score was not written. Pass on msg.call of the call that it is about.',
  );
}
