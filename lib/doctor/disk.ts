import { randomBytes } from 'node:crypto';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** What the disk of the store is like. */
export interface DiskFacts {
  folder: string;
  /** Why nothing can be written there: the system's code, such as EACCES, EROFS or ENOSPC. Absent: it can. */
  refused?: string;
  freeBytes?: number;
  /** Median of several writes made durable, in milliseconds. */
  syncMs?: number;
}

const TRIES = 7;

/** Writes a small file a few times as the store does, makes it durable, and removes it again. Never rejects. */
export async function lookAtDisk(folder: string): Promise<DiskFacts> {
  const file = join(folder, `.check-${randomBytes(6).toString('hex')}`);
  const facts: DiskFacts = { folder };
  try {
    await mkdir(folder, { recursive: true });
    const times: number[] = [];
    const handle = await open(file, 'wx', 0o600);
    try {
      for (let tried = 0; tried < TRIES; tried += 1) {
        const start = performance.now();
        await handle.write(randomBytes(4096), 0, 4096, tried * 4096);
        await handle.datasync();
        times.push(performance.now() - start);
      }
    } finally {
      await handle.close();
      await rm(file, { force: true });
    }
    const middle = times.sort((one, other) => one - other)[Math.floor(TRIES / 2)];
    if (middle !== undefined) facts.syncMs = middle;
  } catch (error) {
    const { code } = error as { code?: unknown };
    facts.refused = typeof code === 'string' ? code : 'unknown';
  }
  try {
    const { bavail, bsize } = await statfs(folder);
    facts.freeBytes = bavail * bsize;
  } catch {
    // Some systems do not tell.
  }
  return facts;
}
