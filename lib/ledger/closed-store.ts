import { LedgerError } from './ledger.ts';

/** What everything asked of a closed ledger is answered with. */
export function storeIsClosed(): LedgerError {
  return new LedgerError('store_unavailable', 'The permission store is closed.', 'Open it again with openLedger.');
}
