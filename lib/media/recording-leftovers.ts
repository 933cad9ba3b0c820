import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DEEPEST_FOLDER, nameWithoutReplacing } from './recording-path.ts';
import { wavHeader } from './wav-writer.ts';

/**
 * A recording that goes on is written every second, in pauses too, and given up after a minute of a slow disk. So what has not changed for this
 * long belongs to nobody, whichever process or machine began it; a process id would mean nothing in another container.
 */
export const LEFT_AFTER_MS = 3 * 60_000;
const HEADER_BYTES = 44;
const ENDING = '.wav.part';

export interface Leftovers {
  /** Files that got a name, ending in `-recovered.wav`. */
  recovered: string[];
  /** Recordings that may still be going on: look again later. */
  young: number;
}

/**
 * Finds recordings that a crash left under their temporary name, brings their headers up to date with what is on the disk, and names them
 * `…-recovered.wav`: playable, and recognisable as possibly not whole. Files without sound are removed. Follows no link, and touches no file that is
 * not one of ours.
 *
 * @param root the recording folder; one that does not exist has no leftovers
 * @param now ms since 1970
 */
export async function recoverRecordings(root: string, now = Date.now()): Promise<Leftovers> {
  const found: Leftovers = { recovered: [], young: 0 };
  await search(root, 0, now, found);
  return found;
}

async function search(folder: string, depth: number, now: number, found: Leftovers): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth < DEEPEST_FOLDER) await search(path, depth + 1, now, found);
    else if (entry.isFile() && entry.name.toLowerCase().endsWith(ENDING)) {
      const status = await lstat(path).catch(() => undefined);
      if (!status?.isFile()) continue;
      if (now - status.mtimeMs < LEFT_AFTER_MS) found.young += 1;
      else {
        // One file that cannot be read must not keep the others from being found.
        const file = await recover(path).catch(() => undefined);
        if (file !== undefined) found.recovered.push(file);
      }
    }
  }
}

async function recover(path: string): Promise<string | undefined> {
  const handle = await open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
  let sound: number;
  try {
    const { size } = await handle.stat();
    const header = Buffer.alloc(HEADER_BYTES);
    await handle.read(header, 0, HEADER_BYTES, 0);
    // A crash in the first milliseconds leaves nothing, or nothing but a header.
    if (size > 0 && !isOurs(header)) return undefined;
    sound = size - HEADER_BYTES;
    if (sound > 0) await repair(handle, header, sound);
  } finally {
    await handle.close();
  }
  if (sound <= 0) {
    await unlink(path);
    return undefined;
  }
  const wanted = path.slice(0, -ENDING.length);
  return nameWithoutReplacing(path, `${wanted}-recovered.wav`);
}

function isOurs(header: Buffer): boolean {
  const text = (from: number, to: number) => header.toString('latin1', from, to);
  return (
    text(0, 4) === 'RIFF' && text(8, 16) === 'WAVEfmt ' && text(36, 40) === 'data' && header.readUInt16LE(20) === 1
  );
}

/** The samples reach the disk before the header tells of them: what the file has counts. */
async function repair(handle: FileHandle, header: Buffer, sound: number): Promise<void> {
  const channels = Math.max(1, header.readUInt16LE(22));
  const whole = sound - (sound % (channels * 2));
  await handle.write(wavHeader(header.readUInt32LE(24), channels, whole), 0, HEADER_BYTES, 0);
  await handle.truncate(HEADER_BYTES + whole);
  await handle.sync();
}
