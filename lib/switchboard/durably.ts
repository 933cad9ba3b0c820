import type { Desk } from './desk.ts';
import { told } from './patience.ts';

const TRIES = 5;
const FIRST_PAUSE_MS = 50;

/**
 * Writes to the ledger what has already happened outside. It cannot be refused any more, so a store that is locked for
 * a moment gets a few chances; after that the failure is logged, and the next start puts it right from what is stored.
 * Never throws. @returns whether it was written
 */
export async function durably(desk: Desk, what: string, write: () => Promise<void>): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    try {
      await write();
      return true;
    } catch (error) {
      if (tries >= TRIES) {
        desk.deps.log('error', `${what} could not be written to the permission store: ${told(error)}`);
        return false;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (tries - 1)));
  }
}
