import type { CallView } from '../call/call.ts';
import { maskContact } from '../permission/masking.ts';
import { ReportableError } from './reportable-error.ts';

const LONGEST_PURPOSE_BYTES = 60;
const NAMES = ['id', 'callId', 'date', 'time', 'contact', 'purpose', 'part', 'side'];

/** Letters and digits of any language, `-` between words: nothing that a file system, a shell or a path gives a meaning. */
function slug(text: string): string {
  const words = text.normalize('NFC').replace(/[^\p{L}\p{M}\p{N}]+/gu, '-');
  let cut = '';
  for (const character of words) {
    if (Buffer.byteLength(cut + character) > LONGEST_PURPOSE_BYTES) break;
    cut += character;
  }
  return cut.replace(/^-+|-+$/g, '') || 'none';
}

/**
 * Fills a recording's file name: `{id}` or `{callId}`, `{date}` and `{time}` in UTC as `2026-11-20` and `174501`, `{contact}` masked as
 * `55119_0123`, `{purpose}` with `-` for everything but letters and digits. `{part}` and `{side}` are left for the recorder.
 *
 * What is filled in holds only characters that every file system takes; the path itself is judged by the recorder.
 *
 * @param template from the node's dialog; `.wav` is added if it is missing
 * @throws ReportableError `file_name_invalid` for a word in braces that means nothing
 */
export function recordingName(
  template: string,
  call: { id: string } & Partial<Pick<CallView, 'contact' | 'purpose'>>,
  now: Date,
): string {
  const [date = '', time = ''] = now.toISOString().slice(0, 19).split('T');
  const id = call.id.replace(/[^\w.-]/g, '_');
  const values: Record<string, string> = {
    ...{ id, callId: id, date, time: time.replaceAll(':', ''), part: '{part}', side: '{side}' },
    contact: maskContact(call.contact ?? '')
      .replaceAll('…', '_')
      .replace(/[^\w.-]/g, ''),
    purpose: slug(call.purpose ?? ''),
  };
  const name = template.replace(/\{([^{}]*)\}/g, (_, key: string) => {
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    if (value !== undefined) return value;
    throw new ReportableError(
      'file_name_invalid',
      `The file name has {${key.slice(0, 40)}}, which means nothing. Use ${NAMES.map((known) => `{${known}}`).join(', ')}.`,
    );
  });
  return /\.wav$/i.test(name) ? name : `${name}.wav`;
}
