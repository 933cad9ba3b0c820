import { createHmac, randomBytes } from 'node:crypto';
import type { Contact } from '../../permission/model.ts';
import type { Transaction } from './transaction.ts';

/** No name and no id of a provider begins with it. */
const MARK = '#';

/**
 * What stays of a name after an erasure: HMAC-SHA-256 under a random key that never leaves the store. Whoever comes back under
 * that name is recognised; from the fingerprint alone nobody is found. (With the file *and* the patience to try every phone
 * number there is, they are: it is a pseudonym, as an opt-out that outlives its person must be.)
 */
export function fingerprint(tx: Transaction, name: string): string {
  let key = tx.records.fingerprintKey();
  if (key === undefined) {
    key = randomBytes(32);
    tx.records.writeFingerprintKey(key);
  }
  return fingerprintUnder(key, name);
}

/** The fingerprint that a name would have, if anybody was ever erased from this store. */
export function knownFingerprint(tx: Transaction, name: string): string | undefined {
  const key = tx.records.fingerprintKey();
  return key === undefined ? undefined : fingerprintUnder(key, name);
}

export function isFingerprint(name: string): boolean {
  return name.startsWith(MARK);
}

/** Nothing stored names this person. */
export function isNameless({ phone, userId, parentUserId }: Contact): boolean {
  return phone === undefined && userId === undefined && parentUserId === undefined;
}

/** The fingerprint of a name under the key of its store. */
export function fingerprintUnder(key: Uint8Array, name: string): string {
  return MARK + createHmac('sha256', key).update(name).digest('base64url');
}
