import { hash } from 'node:crypto';

/** What the first row of an audit is linked to. */
export const CHAIN_START: Uint8Array = new Uint8Array(32);
/** Stands for the key of a pair in rows that belong to none. */
const NO_KEY = new Uint8Array(16);

/** What a row's detail is in the chain. Without the pair's key, which goes with the person, nobody can guess what it was made of. */
export function detailDigest(detail: string, key: Uint8Array | undefined): Uint8Array {
  return sha256(key ?? NO_KEY, Buffer.from(detail));
}

/** The link of one row: covers everything in it but the detail, which its digest stands for. */
export function chainHash(
  prev: Uint8Array,
  row: { seq: number; at: number; numberId: number | null; pairId: number | null; event: string },
  digest: Uint8Array,
): Uint8Array {
  return sha256(
    prev,
    Buffer.from(`${row.seq}|${row.at}|${row.numberId ?? ''}|${row.pairId ?? ''}|${row.event}|`),
    digest,
  );
}

function sha256(...parts: Uint8Array[]): Uint8Array {
  return hash('sha256', Buffer.concat(parts), 'buffer');
}
