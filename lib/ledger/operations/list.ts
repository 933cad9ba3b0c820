import type { PermissionStatus } from '../../permission/model.ts';
import { viewPermission } from '../../permission/permission-view.ts';
import type { PermissionListQuery, PermissionPage } from '../ledger.ts';
import { isNameless } from './fingerprint.ts';
import type { PairRow } from './records.ts';
import type { Transaction } from './transaction.ts';

/** What may be stored of people whom the rules see in a status: grants and requests lapse by themselves. */
const STORED_AS: Record<PermissionStatus, readonly PermissionStatus[]> = {
  granted: ['granted'],
  pending: ['pending'],
  denied: ['denied'],
  not_requested: ['not_requested', 'granted', 'pending'],
};
const EVERY_STATUS: readonly PermissionStatus[] = ['not_requested', 'pending', 'granted', 'denied'];
/** Fewest rows read of each stored status at once: where few of them belong on the page, it fills soon all the same. */
const FEWEST_ROWS = 250;

/**
 * A part of the list: perhaps fewer entries than asked for although there are more, so that no part takes long.
 * The rules say who belongs on it; the store only brings those who may.
 */
export function list(tx: Transaction, query: PermissionListQuery): PermissionPage {
  const { businessNumberId, status, after = 0, limit = 100 } = query;
  const number = tx.records.findNumber(businessNumberId);
  if (number === undefined) return { entries: [] };
  const size = Math.max(limit + 1, FEWEST_ROWS);
  const sources = (status === undefined ? EVERY_STATUS : STORED_AS[status]).map((stored) =>
    tx.records.pairsByStatus(number.numberId, stored, after, size),
  );
  // An opt-out covers whatever is stored beneath it.
  if (status === 'denied') sources.push(tx.records.doNotCallPairs(number.numberId, after, size));
  const { rows, end } = inOrder(sources, size);
  const page: PermissionPage = { entries: [] };
  for (const { pairId, contact, state } of rows) {
    const permission = viewPermission(state.permission, tx.profile, tx.now, state.doNotCall);
    if (isNameless(contact) || (status !== undefined && permission.status !== status)) continue;
    page.entries.push({
      contact,
      permission,
      ...(state.doNotCall === undefined ? {} : { doNotCall: state.doNotCall }),
    });
    if (page.entries.length === limit) {
      page.next = pairId;
      break;
    }
  }
  if (page.next === undefined && end !== undefined) page.next = end;
  else if (page.next !== undefined && page.next === rows.at(-1)?.pairId && end === undefined) delete page.next;
  return page;
}

/** Rows of several ordered sources as one, up to where all of them are known. `end`: there may be more after it. */
function inOrder(sources: readonly PairRow[][], size: number): { rows: PairRow[]; end?: number } {
  const ends = sources.filter((rows) => rows.length === size).map((rows) => rows.at(-1)?.pairId ?? 0);
  const end = ends.length === 0 ? undefined : Math.min(...ends);
  const known = new Map<number, PairRow>();
  for (const row of sources.flat()) if (end === undefined || row.pairId <= end) known.set(row.pairId, row);
  const rows = [...known.values()].sort((a, b) => a.pairId - b.pairId);
  return end === undefined ? { rows } : { rows, end };
}
