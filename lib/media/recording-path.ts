import { constants } from 'node:fs';
import { type FileHandle, link, open, realpath, rename, unlink } from 'node:fs/promises';
import { basename, isAbsolute, join, relative } from 'node:path';
import { MediaError } from './media.ts';
import { exists, openRecordingFolder, type RecordingFolder, refuseRecording } from './recording-folder.ts';

/** A recording that is being written under a temporary name. */
export interface RecordingFile {
  handle: Pick<FileHandle, 'write' | 'sync' | 'close'>;
  /** The name it will have. */
  file: string;
  /** The temporary name it has. */
  part: string;
  /** Is it still under that name? Not if its folder was removed or renamed. */
  present(): Promise<boolean>;
  /** Closes it and gives it its name; returns that name (with a number if somebody took it meanwhile). */
  complete(): Promise<string>;
  /** Closes and removes it. */
  discard(): Promise<void>;
}

/** Names that Windows gives to devices, with or without an extension; a recording folder may lie on a share. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?$/i;
/** What no file system of the three large systems, no shell and no reader of a file list should meet. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f<>:"|?*\\\u2028\u2029]/;
/** What is not seen, or turns the direction of reading: a name must look like what it is. Variation selectors and tags included. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/u;
/** Look-alikes of `/` that no normalisation unmasks. */
const SLASHES = /[\u2044\u2215\u2236\u29f8\u29f9\ufe68]/;
/** 255 bytes is the limit of the common file systems; the rest is for a number and `.part`. */
const LONGEST_SEGMENT = 230;
const LONGEST_NAME = 1000;
/** Folders below the root, and the file. */
const DEEPEST = 8;
export const DEEPEST_FOLDER = DEEPEST - 1;
const MOST_NUMBERED = 10_000;

function checkSegment(segment: string): void {
  if (segment === '' || segment === '.' || segment === '..') refuseRecording('its name has an empty part, "." or ".."');
  if (Buffer.byteLength(segment) > LONGEST_SEGMENT)
    refuseRecording(`a part of its name is longer than ${LONGEST_SEGMENT} bytes`);
  if (FORBIDDEN.test(segment) || INVISIBLE.test(segment) || SLASHES.test(segment) || !segment.isWellFormed())
    refuseRecording('its name has a character that is not allowed in file names');
  // What a share or a file system may fold it into must be harmless, too: full-width dots, slashes and letters.
  const folded = segment.normalize('NFKC');
  if (folded !== segment && (folded.includes('/') || FORBIDDEN.test(folded) || /^[ ~.]|[ .]$/.test(folded)))
    refuseRecording('its name has a character that looks like one that is not allowed in file names');
  if (DEVICE.test(folded)) refuseRecording('its name is that of a device');
  if (/^[ ~.]|[ .]$/.test(segment))
    refuseRecording('a part of its name begins with a space, dot or ~ or ends with a space or dot');
  if (DEVICE.test(segment)) refuseRecording('its name is that of a device');
}

/**
 * Checks a recording's name without touching the disk.
 *
 * @returns its parts
 * @throws MediaError `media_path_refused`
 */
export function checkRecordingName(name: string): string[] {
  if (typeof name !== 'string' || name === '') refuseRecording('it has no name');
  if (name.length > LONGEST_NAME) refuseRecording(`its name is longer than ${LONGEST_NAME} characters`);
  const segments = name.split('/');
  if (segments.length > DEEPEST) refuseRecording(`it lies more than ${DEEPEST} folders deep`);
  segments.forEach(checkSegment);
  if (!/.\.wav$/i.test(name.slice(name.lastIndexOf('/') + 1))) refuseRecording('its name does not end with .wav');
  return segments;
}

function numbered(path: string, number: number): string {
  return number === 1 ? path : `${path.slice(0, -4)}-${number}${path.slice(-4)}`;
}

/** Names the finished file without ever replacing another: a link fails where a rename would overwrite. */
export async function nameWithoutReplacing(part: string, wanted: string): Promise<string> {
  for (let number = 1; number < MOST_NUMBERED; number += 1) {
    const file = numbered(wanted, number);
    try {
      await link(part, file);
      await unlink(part);
      return file;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') continue;
      // Some file systems have no links.
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code ?? '')) throw error;
      if (await exists(file)) continue;
      await rename(part, file);
      return file;
    }
  }
  return refuseRecording('too many recordings have its name');
}

/**
 * Opens a new recording below `root`. While it is written it is called `….wav.part`; nothing that exists is overwritten (`call-2.wav` follows
 * `call.wav`), and no name and no link leads out of `root`.
 *
 * @param checked called between the checks and the opening, for tests that replace a folder just then
 * @throws MediaError `media_path_refused`
 */
export async function openRecordingFile(
  root: string,
  name: string,
  checked: () => Promise<void> = () => Promise.resolve(),
): Promise<RecordingFile> {
  const segments = checkRecordingName(name);
  const wanted = segments.at(-1) ?? '';
  let folder: RecordingFolder | undefined;
  try {
    folder = await openRecordingFolder(root, segments.slice(0, -1));
    await checked();
    for (let number = 1; number < MOST_NUMBERED; number += 1) {
      const opened = await openNew(folder, numbered(wanted, number));
      if (opened) return opened;
    }
  } catch (error) {
    await folder?.close();
    if (error instanceof MediaError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    // A disk that is full is not the name's fault.
    if (code === 'ENOSPC' || code === 'EDQUOT') throw error;
    refuseRecording(`the recording folder cannot be written (${code ?? 'unknown'})`);
  }
  await folder.close();
  return refuseRecording('too many recordings have its name');
}

async function openNew(folder: RecordingFolder, name: string): Promise<RecordingFile | undefined> {
  if (await exists(folder.at(name))) return undefined;
  const temporary = `${name}.part`;
  const part = join(folder.path, temporary);
  const { O_CREAT, O_EXCL, O_RDWR, O_NOFOLLOW } = constants;
  let handle: FileHandle;
  try {
    // O_NOFOLLOW is not known to Windows, where O_EXCL alone has to do.
    handle = await open(folder.at(temporary), O_CREAT | O_EXCL | O_RDWR | (O_NOFOLLOW ?? 0), 0o640);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= handle.close().finally(() => folder.close());
    return closing;
  };
  // Somebody may have put a link in place of a folder between the check and the opening.
  const inside = relative(folder.top, await realpath(part).catch(() => '..'));
  if (inside.startsWith('..') || isAbsolute(inside)) {
    await unlink(folder.at(temporary));
    await handle.close();
    refuseRecording('its folder was replaced by a link');
  }
  return {
    handle: { write: handle.write.bind(handle), sync: () => handle.sync(), close },
    file: join(folder.path, name),
    part,
    present: () => exists(part),
    async complete() {
      try {
        await handle.close();
        const named = await nameWithoutReplacing(folder.at(temporary), folder.at(name));
        // The name is with the disk, too. What cannot do that does not need it.
        await folder.sync().catch(() => undefined);
        return join(await folder.where(), basename(named));
      } finally {
        closing ??= folder.close();
        await closing;
      }
    },
    async discard() {
      await unlink(folder.at(temporary));
      await close();
    },
  };
}
