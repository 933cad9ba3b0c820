import { MediaError } from '../media/media.ts';
import type { EventError } from '../provider/event.ts';

/** What a flow may read about a failure of our audio. */
export function mediaFault(error: unknown): EventError {
  if (error instanceof MediaError) return { code: error.code, message: error.message, details: error.nextStep };
  return { code: 'media_failed', message: error instanceof Error ? error.message : String(error) };
}
