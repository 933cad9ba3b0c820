import type { CaptureKind, MediaReference, ProviderEvent } from '../event.ts';
import { readInstant } from '../instant.ts';
import { readSha256 } from '../sha256.ts';
import { type Item, isItem, readId, readText, type Surroundings } from './payload.ts';

/** The transcript's event has one name in Meta's page and another on the wire (28 Jul 2026); both are taken. */
const KINDS: Record<string, CaptureKind> = {
  call_recording_available: 'recording',
  call_transcription_available: 'transcript',
  call_transcript_available: 'transcript',
};

/**
 * An item of `calls[]` that says where a recording or a transcript is. Its address is not kept: it is good for five minutes
 * only, and the id gives a fresh one for seven days. Source: call recording and transcription pages, 31 Aug 2026.
 */
export function captureEvent(item: Item, around: Surroundings): ProviderEvent | undefined {
  const callId = readId(item.id);
  const event = readText(item.event)?.toLowerCase() ?? '';
  const kind = Object.hasOwn(KINDS, event) ? KINDS[event] : undefined;
  if (callId === undefined || kind === undefined) return undefined;
  const media = kind === 'recording' ? inside(item.call_recording, 'audio') : inside(item.call_transcript, 'document');
  if (media === undefined) return undefined;
  return {
    type: 'capture.available',
    id: `capture:${callId}:${kind}:${media.id}`,
    at: readInstant(item.timestamp) ?? around.at,
    businessNumberId: around.businessNumberId,
    kind,
    ofCall: callId,
    media,
  };
}

function inside(container: unknown, name: 'audio' | 'document'): MediaReference | undefined {
  const media = isItem(container) ? (isItem(container[name]) ? container[name] : container) : {};
  const id = readId(media.id);
  if (id === undefined || !/^[\w.-]{1,256}$/.test(id)) return undefined;
  const sha256 = readSha256(media.sha256);
  const mimeType = readText(media.mime_type)?.slice(0, 100);
  return { id, ...(sha256 === undefined ? {} : { sha256 }), ...(mimeType === undefined ? {} : { mimeType }) };
}
