import { auditLines } from '../../ledger/audit-export.ts';
import { type Asking, person } from './asking.ts';
import { inParts } from './export-parts.ts';
import { type Outcome, refused } from './outcome.ts';
import { readFormat, readPeriod } from './properties.ts';

/** What becomes of an export, piece by piece. */
interface Receiver {
  part(set: Record<string, unknown>): void;
  refused(set: Record<string, unknown>): void;
  show(status: Outcome['status']): void;
}

/**
 * Gives the audit of a person or of the whole number as text. A long one comes in several messages, each with whole lines
 * and `msg.parts` as a Split node would write them; only two pieces of it are held at a time.
 */
export async function exportAudit(asking: Asking, receiver: Receiver): Promise<void> {
  const { settings, msg, look, switchboard } = asking;
  const format = readFormat(settings, msg);
  const period = await readPeriod(settings, look, Date.now());
  const wanted = await look('contact');
  const whole = wanted === undefined || wanted === null || wanted === '';
  const who = whole ? undefined : await person(asking);
  if (who !== undefined && 'reason' in who) {
    const outcome = refused(who.reason);
    receiver.show(outcome.status);
    return receiver.refused(outcome.set);
  }
  const query = { ...period, ...(who !== undefined && { contact: who.contact }), unmasked: settings.unmasked };
  const lines = auditLines((page) => switchboard.audit(page), query, format);
  const { _msgid: id, parts } = msg as { _msgid?: string; parts?: unknown };
  // A CSV begins with the names of its columns.
  let count = format === 'csv' ? -1 : 0;
  for await (const { text, index, lines: inPart, last } of inParts(lines)) {
    count += inPart;
    receiver.part({
      payload: text,
      parts: {
        id: `${id ?? 'export'}.audit`,
        type: 'string',
        ch: '',
        index,
        ...(last && { count: index + 1 }),
        ...(parts !== undefined && { parts }),
      },
    });
  }
  receiver.show({ look: 'idle', key: 'exported', count });
}
