import { constants, createReadStream } from 'node:fs';
import { type FileHandle, link, open, rename, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { exists, openRecordingFolder, refuseRecording } from './recording-folder.ts';

/** A file that is being brought from elsewhere, under a temporary name until it is whole. */
export interface KeptFile {
  write(chunk: Uint8Array): Promise<void>;
  /** Empties it. */
  restart(): Promise<void>;
  /** Makes it durable and gives it its name. @returns its path */
  complete(): Promise<string>;
  /** Closes and removes it. */
  discard(): Promise<void>;
}

/** Letters, digits, `_` and `-`, and one ending: nothing that a file system, a shell or a path gives a meaning. */
const NAME = /^[A-Za-z0-9_-]{1,200}\.[a-z0-9]{1,8}$/;

/**
 * Opens a file below the recording folder that can be written from its beginning again. No link leads out of the folder, and a
 * file that is there already under this name is left as it is.
 *
 * @param root created if missing
 * @param folder one folder below it, of letters and digits
 * @param name made from ids, so that the same media have the same name
 * @returns the path if it is there already
 * @throws MediaError `media_path_refused`, and what the file system refuses
 */
export async function openKeptFile(root: string, folder: string, name: string): Promise<KeptFile | string> {
  if (!/^[A-Za-z0-9-]{1,40}$/.test(folder) || !NAME.test(name)) refuseRecording('its name is not made of ids');
  const opened = await openRecordingFolder(root, [folder]);
  const path = opened.at(name);
  const part = opened.at(`${name}.part`);
  let handle: FileHandle;
  try {
    if (await exists(path)) {
      const there = join(await opened.where(), name);
      await opened.close();
      return there;
    }
    const { O_CREAT, O_TRUNC, O_WRONLY, O_NOFOLLOW } = constants;
    handle = await open(part, O_CREAT | O_TRUNC | O_WRONLY | (O_NOFOLLOW ?? 0), 0o640);
  } catch (error) {
    await opened.close();
    throw error;
  }
  let at = 0;
  const close = async (): Promise<void> => {
    await handle.close();
    await opened.close();
  };
  return {
    async write(chunk) {
      for (let done = 0; done < chunk.length; ) {
        const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, at);
        done += bytesWritten;
        at += bytesWritten;
      }
    },
    async restart() {
      await handle.truncate(0);
      at = 0;
    },
    async complete() {
      await handle.sync();
      await handle.close();
      try {
        // A link fails where a rename would overwrite. Another instance may have brought the same.
        await link(part, path).then(
          () => unlink(part),
          async (error: NodeJS.ErrnoException) => {
            if (error.code === 'EEXIST') await unlink(part);
            else await rename(part, path);
          },
        );
        await opened.sync().catch(() => undefined);
        return join(await opened.where(), basename(name));
      } finally {
        await opened.close();
      }
    },
    async discard() {
      await unlink(part).catch(() => undefined);
      await close();
    },
  };
}

/** A whole file, if it has at most so many bytes. */
export async function readSmallFile(path: string, most: number): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of createReadStream(path, { end: most })) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return size > most ? undefined : Buffer.concat(chunks);
}
