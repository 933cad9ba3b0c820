import { z } from 'zod';
import type { Transcript } from '../provider.ts';

const loose = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const seconds = loose(z.number().min(0).max(1e6));
const segment = z.object({ speaker: loose(z.string()), start: seconds, end: seconds, text: z.string() });
const file = z.object({
  transcript: z.object({
    text: loose(z.string()),
    language: loose(z.string().max(64)),
    duration: seconds,
    segments: loose(z.array(z.unknown()).max(100_000)),
  }),
});
const SPEAKERS: Record<string, 'business' | 'contact'> = { business: 'business', customer: 'contact' };

/**
 * Reads a transcript of Meta, tolerantly: what a segment lacks is left out. Source: call transcription page, 31 Aug 2026
 * (meta-cloud-api.md §5.8).
 */
export function readTranscript(bytes: Uint8Array): Transcript | undefined {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
  const read = file.safeParse(json);
  if (!read.success) return undefined;
  const { text, language, duration, segments = [] } = read.data.transcript;
  const said = segments.flatMap((item): Transcript['segments'] => {
    const { data } = segment.safeParse(item);
    if (data === undefined) return [];
    const { start, end } = data;
    const speaker = SPEAKERS[data.speaker?.toLowerCase() ?? ''] ?? 'unknown';
    return [{ speaker, ...(start !== undefined && { start }), ...(end !== undefined && { end }), text: data.text }];
  });
  return {
    text: text ?? said.map((part) => part.text).join(' '),
    ...(language !== undefined && { language }),
    ...(duration !== undefined && { durationSeconds: duration }),
    segments: said,
  };
}
