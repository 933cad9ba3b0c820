import { constants } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, realpath, rename, unlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { MediaError } from './media.ts';

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
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f<>:"|?*\\\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
/** 255 bytes is the limit of the common file systems; the rest is for a number and `.part`. */
const LONGEST_SEGMENT = 230;
const LONGEST_NAME = 1000;
/** Folders below the root, and the file. */
const DEEPEST = 8;
export const DEEPEST_FOLDER = DEEPEST - 1;
const MOST_NUMBERED = 10_000;

function refuse(why: string): never {
  throw new MediaError(
    'media_path_refused',
    `The recording was refused: ${why}.`,
    'Give a file name such as "2026/call-1.wav" below the recording folder.',
  );
}

function checkSegment(segment: string): void {
  if (segment === '' || segment === '.' || segment === '..') refuse('its name has an empty part, "." or ".."');
  if (Buffer.byteLength(segment) > LONGEST_SEGMENT)
    refuse(`a part of its name is longer than ${LONGEST_SEGMENT} bytes`);
  if (FORBIDDEN.test(segment) || !segment.isWellFormed())
    refuse('its name has a character that is not allowed in file names');
  if (/^[ ~.]|[ .]$/.test(segment))
    refuse('a part of its name begins with a space, dot or ~ or ends with a space or dot');
  if (DEVICE.test(segment)) refuse('its name is that of a device');
}

/**
 * Checks a recording's name without touching the disk.
 *
 * @returns its parts
 * @throws MediaError `media_path_refused`
 */
export function checkRecordingName(name: string): string[] {
  if (typeof name !== 'string' || name === '') refuse('it has no name');
  if (name.length > LONGEST_NAME) refuse(`its name is longer than ${LONGEST_NAME} characters`);
  const segments = name.split('/');
  if (segments.length > DEEPEST) refuse(`it lies more than ${DEEPEST} folders deep`);
  segments.forEach(checkSegment);
  if (!/.\.wav$/i.test(name.slice(name.lastIndexOf('/') + 1))) refuse('its name does not end with .wav');
  return segments;
}

/** Like `mkdir -p`. Node's own recursive mode never returns below some paths of Linux (`/proc/1/x`). */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(folder);
    if (code !== 'ENOENT' || parent === folder || (await exists(parent))) throw error;
    await makeFolder(parent);
    await mkdir(folder);
  }
}

/** Makes the folders one by one, so that no link on the way leads out. */
async function openFolder(root: string, folders: string[]): Promise<{ top: string; folder: string }> {
  if (typeof root !== 'string' || root === '' || root.includes('\0')) refuse('no recording folder is set');
  await makeFolder(resolve(root));
  const top = await realpath(resolve(root));
  let folder = top;
  for (const name of folders) {
    folder = join(folder, name);
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (!(await lstat(folder)).isDirectory()) refuse('a folder in its name is a link or a file');
  }
  return { top, folder };
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
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
  return refuse('too many recordings have its name');
}

/** The name is with the disk, too. Windows cannot do that and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/**
 * Opens a new recording below `root`. While it is written it is called `….wav.part`; nothing that exists is overwritten (`call-2.wav` follows
 * `call.wav`), and no name and no link leads out of `root`.
 *
 * @throws MediaError `media_path_refused`
 */
export async function openRecordingFile(root: string, name: string): Promise<RecordingFile> {
  const segments = checkRecordingName(name);
  try {
    const { top, folder } = await openFolder(root, segments.slice(0, -1));
    const wanted = join(folder, segments.at(-1) ?? '');
    for (let number = 1; number < MOST_NUMBERED; number += 1) {
      const file = numbered(wanted, number);
      const opened = await openNew(file, top);
      if (opened) return opened;
    }
  } catch (error) {
    if (error instanceof MediaError) throw error;
    refuse(`the recording folder cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  return refuse('too many recordings have its name');
}

async function openNew(file: string, top: string): Promise<RecordingFile | undefined> {
  if (await exists(file)) return undefined;
  const part = `${file}.part`;
  const { O_CREAT, O_EXCL, O_RDWR, O_NOFOLLOW } = constants;
  let handle: FileHandle;
  try {
    // O_NOFOLLOW is not known to Windows, where O_EXCL alone has to do.
    handle = await open(part, O_CREAT | O_EXCL | O_RDWR | (O_NOFOLLOW ?? 0), 0o640);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  const discard = async () => {
    await handle.close();
    await unlink(part);
  };
  // Somebody may have put a link in place of a folder between the check and the opening.
  const inside = relative(top, await realpath(part));
  if (inside.startsWith('..') || isAbsolute(inside)) {
    await discard();
    refuse('its folder was replaced by a link');
  }
  return {
    handle,
    file,
    part,
    present: () => exists(part),
    async complete() {
      await handle.close();
      const named = await nameWithoutReplacing(part, file);
      await syncFolder(dirname(named));
      return named;
    },
    discard,
  };
}
