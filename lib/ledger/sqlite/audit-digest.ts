import { detailDigest } from '../operations/chain.ts';
import { lengthen } from './short-json.ts';

/** Stands for what can be worked out from the rest of the file: the digest of a detail that is there, the link of the row before. */
export const NOTHING = new Uint8Array(0);

/** The digest of a row's detail, stored or not. */
export function digestOf(row: Record<string, unknown>): Uint8Array {
  if (row.digest instanceof Uint8Array && row.digest.length > 0) return row.digest;
  if (row.detail === null) return NOTHING;
  return detailDigest(lengthen(String(row.detail)), row.audit_key instanceof Uint8Array ? row.audit_key : undefined);
}
