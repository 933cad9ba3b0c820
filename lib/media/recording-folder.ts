import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { MediaError } from './media.ts';

/** A folder below the root, held open. */
export interface RecordingFolder {
  /** Where it was when it was opened. */
  path: string;
  /** Of the root. */
  top: string;
  /** A name in this folder, wherever the folder is now, even if a link was put in its place. */
  at(name: string): string;
  /** Where it is now: somebody may have renamed it. */
  where(): Promise<string>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Linux names what a descriptor refers to; opening `name` below that cannot be led astray, as with `openat`. */
const DESCRIPTORS = '/proc/self/fd';

export function refuseRecording(why: string): never {
  throw new MediaError(
    'media_path_refused',
    `The recording was refused: ${why}.`,
    'Give a file name such as "2026/call-1.wav" below the recording folder.',
  );
}

/** Does something have this name, be it a link to nowhere? */
export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      throw error;
    },
  );
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

/** Opens a folder as such: a link or a file in its place is refused by the system, in the same step. */
async function openDirectory(path: string): Promise<FileHandle> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  try {
    return await open(path, O_RDONLY | (O_DIRECTORY ?? 0) | (O_NOFOLLOW ?? 0));
  } catch (error) {
    if (['ELOOP', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      refuseRecording('a folder in its name is a link or a file');
    throw error;
  }
}

/**
 * Makes and opens the folders of a name one by one, so that no link on the way leads out. Where the system allows it (Linux) each is opened
 * relative to the one before, so that replacing one in between changes nothing; elsewhere the caller checks afterwards where it ended up.
 *
 * @throws MediaError `media_path_refused`, and what the file system refuses
 */
export async function openRecordingFolder(root: string, folders: string[]): Promise<RecordingFolder> {
  if (typeof root !== 'string' || root === '' || root.includes('\0')) refuseRecording('no recording folder is set');
  await makeFolder(resolve(root));
  const top = await realpath(resolve(root));
  const path = join(top, ...folders);
  const make = (folder: string) =>
    mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  if (!(await exists(DESCRIPTORS))) {
    for (let depth = 1; depth <= folders.length; depth += 1) {
      const folder = join(top, ...folders.slice(0, depth));
      await make(folder);
      if (!(await lstat(folder)).isDirectory()) refuseRecording('a folder in its name is a link or a file');
    }
    const nothing = () => Promise.resolve();
    return { path, top, at: (name) => join(path, name), where: async () => path, sync: nothing, close: nothing };
  }
  let handle = await openDirectory(top);
  try {
    for (const name of folders) {
      const folder = `${DESCRIPTORS}/${handle.fd}/${name}`;
      await make(folder);
      const next = await openDirectory(folder);
      await handle.close();
      handle = next;
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    path,
    top,
    at: (name) => `${DESCRIPTORS}/${handle.fd}/${name}`,
    where: () => realpath(`${DESCRIPTORS}/${handle.fd}`),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}
