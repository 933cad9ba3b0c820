import { LedgerError } from '../ledger.ts';

/** Turns what SQLite or the file system threw into the ledger's own errors, each saying what to do. */
export function asLedgerError(error: unknown, location: string): LedgerError {
  if (error instanceof LedgerError) return error;
  const primary = sqliteCode(error);
  const message = error instanceof Error ? error.message : String(error);
  switch (primary) {
    case 5:
    case 6:
      return locked(location);
    case 8:
    case 14:
      return unwritable(location, message);
    case 11:
    case 26:
      return corrupt(location, message);
    case 13:
      return new LedgerError(
        'store_full',
        `There is no space left for the permission store ${location}.`,
        'Free space on this disk. Nothing was lost: what could not be stored was not acknowledged.',
      );
    default:
      return new LedgerError(
        'store_unavailable',
        `The permission store ${location} failed: ${message}`,
        'Check that the disk is mounted and healthy, then try again.',
      );
  }
}

export function locked(location: string): LedgerError {
  return new LedgerError(
    'store_locked',
    `Another process has the permission store ${location} open.`,
    'One file belongs to one Node-RED. Give this one another path, or stop the other; several instances that share permissions need the PostgreSQL store.',
  );
}

export function corrupt(location: string, detail: string): LedgerError {
  return new LedgerError(
    'store_corrupt',
    `The permission store ${location} is damaged or no permission store (${detail}).`,
    'Move the file aside together with its -wal file and put a backup in its place. Do not delete it: most of it can be recovered.',
  );
}

export function unwritable(location: string, detail: string): LedgerError {
  return new LedgerError(
    'store_unavailable',
    `The permission store ${location} cannot be opened for writing (${detail}).`,
    'Check that the folder exists and that the user who runs Node-RED may write to it, or choose another path.',
  );
}

/** SQLite's primary result code, or undefined for other errors. */
function sqliteCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}
