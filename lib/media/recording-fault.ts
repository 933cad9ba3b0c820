import { MediaError } from './media.ts';
import { FolderGone } from './recording-output.ts';

/** The disk is behind by more than is kept in memory. */
export class DiskTooSlow extends Error {}

/** What went wrong with a recording while it was going on, in words that say what to do and where the rest is. */
export function recordingFault(error: unknown, seconds: number, files: string[]): MediaError {
  if (error instanceof MediaError && files.length === 0) return error;
  const where =
    files.length === 0 ? '' : ` What was recorded until then is in ${files.map((file) => `"${file}"`).join(', ')}.`;
  const after = `The recording stopped after ${Math.round(seconds)} s`;
  const make = (code: string, why: string, nextStep: string) =>
    new MediaError(code, `${after}: ${why}. The call goes on.${where}`, nextStep, files);
  if (error instanceof DiskTooSlow)
    return make(
      'media_disk_slow',
      'the disk did not keep up',
      'Record to a faster disk, or record fewer calls at once.',
    );
  if (error instanceof FolderGone)
    return make(
      'media_folder_gone',
      'its folder was removed or renamed',
      'Leave the recording folder in place while calls are recorded.',
    );
  if (error instanceof MediaError)
    return make(error.code, error.message.replace(/^The recording was refused: |\.$/g, ''), error.nextStep);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return make('media_disk_full', `the disk is full (${code})`, 'Make room in the recording folder.');
  return make(
    'media_recording_failed',
    `the file cannot be written (${code ?? 'unknown'})`,
    'Check the disk and the rights of the recording folder.',
  );
}
