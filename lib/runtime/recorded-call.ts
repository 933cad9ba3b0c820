import type { RecordResult } from '../media/media.ts';

/** A recording as it goes into the record of its call. */
export interface NotedRecording {
  file: string;
  seconds?: number;
}

/**
 * Every file of a recording that is complete. Its length is known where there is one file, or one for each side; of the parts
 * of a long one it is not.
 *
 * @param split whether a long recording goes on in further parts
 */
export function notedRecordings({ file, files = [], seconds }: RecordResult, split: boolean): NotedRecording[] {
  const all = files.length === 0 ? [file] : files;
  const known = all.length === 1 || !split;
  return all.map((name) => ({ file: name, ...(known && { seconds }) }));
}

/** A reservation id as the ledger makes it: 9 characters of time, 15 of chance (`lib/ledger/reservation-id.ts`). */
const CALL_ID = /(?<![a-z0-9])[a-z0-9]{9}[0-9a-f]{15}(?![a-z0-9])/;

/**
 * The call that a file name names, as `{id}` in the name of a recording does: how a recording that a crash left behind finds
 * its call again.
 */
export function callOfFile(file: string): string | undefined {
  return CALL_ID.exec(file.replaceAll('\\', '/').split('/').at(-1) ?? '')?.[0];
}
