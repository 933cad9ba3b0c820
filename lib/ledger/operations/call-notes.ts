import type { CallRecord } from '../call-record.ts';
import type { CallNotes, CallRow } from './records.ts';
import type { Transaction } from './transaction.ts';

/** What is kept of a provider's errors, and of recordings. */
const MOST_ERRORS = 10;
const LONGEST_MESSAGE = 500;
const MOST_RECORDINGS = 200;

/** Errors as the record keeps them. */
export function keptErrors(errors: readonly { code: string; message?: string }[]): CallRecord['errors'] {
  return errors.slice(0, MOST_ERRORS).map(({ code, message }) => ({
    code,
    ...(message === undefined || message === '' ? {} : { message: message.slice(0, LONGEST_MESSAGE) }),
  }));
}

export function withNotes(call: CallRow, more: CallNotes): void {
  call.notes = { ...call.notes, ...more };
}

/** Returns whether there is such a call. The same file again only tells its length. */
export function noteRecording(tx: Transaction, id: string, recording: { file: string; seconds?: number }): boolean {
  const call = tx.records.findCall(id);
  if (call === undefined) return false;
  const { recordings = [] } = call.notes ?? {};
  const known = recordings.find(({ file }) => file === recording.file);
  if (known !== undefined && (recording.seconds === undefined || known.seconds === recording.seconds)) return true;
  const others = recordings.filter(({ file }) => file !== recording.file);
  withNotes(call, { recordings: [...others, recording].slice(-MOST_RECORDINGS) });
  tx.records.writeCall(call);
  tx.records.writeAudit({
    event: 'call_recorded',
    // The name of the file may name the person; it goes with the call.
    detail: {
      reservationId: call.reservationId,
      ...(recording.seconds === undefined ? {} : { seconds: recording.seconds }),
    },
    numberId: call.numberId,
    pair: tx.records.readPair(call.pairId),
  });
  return true;
}

/** How content the person was with a call. The last word stands. Returns whether there is such a call. */
export function noteScore(tx: Transaction, id: string, score: number): boolean {
  const call = tx.records.findCall(id);
  if (call === undefined) return false;
  if (call.notes?.score === score) return true;
  withNotes(call, { score });
  tx.records.writeCall(call);
  tx.records.writeAudit({
    event: 'call_scored',
    detail: { reservationId: call.reservationId, score },
    numberId: call.numberId,
    pair: tx.records.readPair(call.pairId),
  });
  return true;
}

/** Returns whether it was news: there is such a call, and nobody had said so before. */
export function noteCallEnd(
  tx: Transaction,
  id: string,
  { endedBy: by, error }: { endedBy: CallNotes['endedBy'] & string; error?: { code: string; message?: string } },
): boolean {
  const call = tx.records.findCall(id);
  if (call === undefined || call.notes?.endedBy !== undefined) return false;
  const errors = [...(call.notes?.errors ?? []), ...(error === undefined ? [] : [error])];
  withNotes(call, { endedBy: by, ...(error === undefined ? {} : { errors: keptErrors(errors) }) });
  tx.records.writeCall(call);
  return true;
}
