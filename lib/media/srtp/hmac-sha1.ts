import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** HMAC-SHA1 under one key, as SRTP authenticates packets (RFC 3711 §4.2). */
export class HmacSha1 {
  readonly #key: KeyObject;
  readonly #number = Buffer.alloc(4);

  constructor(key: Uint8Array) {
    // Node tries a key given as bytes as a key object first, and pays for the failure with every packet.
    this.#key = createSecretKey(key);
  }

  /** The digest of `data` from `from` to `to` followed by a 32-bit number. */
  digest(data: Uint8Array, from: number, to: number, number: number): Buffer {
    this.#number.writeUInt32BE(number);
    return createHmac('sha1', this.#key).update(data.subarray(from, to)).update(this.#number).digest();
  }
}
