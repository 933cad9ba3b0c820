import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import type { SessionKeys } from './session-keys.ts';
import type { SrtpCipher } from './srtp-cipher.ts';

const TAG = { authTagLength: 16 };

/** AEAD_AES_128_GCM (RFC 7714 §8): header authenticated, payload encrypted and authenticated. */
export class AesGcm implements SrtpCipher {
  readonly tagBytes = TAG.authTagLength;
  readonly #key: KeyObject;
  readonly #salt: Buffer;
  readonly #nonce = Buffer.alloc(12);

  constructor({ key, salt }: SessionKeys) {
    this.#key = key;
    this.#salt = salt;
  }

  seal(data: Buffer, header: number, end: number, rollover: number): void {
    const cipher = createCipheriv('aes-128-gcm', this.#key, this.#nonceOf(data, rollover), TAG);
    cipher.setAAD(data.subarray(0, header));
    const sealed = cipher.update(data.subarray(header, end));
    cipher.final();
    data.set(sealed, header);
    data.set(cipher.getAuthTag(), end);
  }

  open(data: Buffer, header: number, end: number, rollover: number): boolean {
    const decipher = createDecipheriv('aes-128-gcm', this.#key, this.#nonceOf(data, rollover), TAG);
    decipher.setAAD(data.subarray(0, header));
    decipher.setAuthTag(data.subarray(end, end + TAG.authTagLength));
    const opened = decipher.update(data.subarray(header, end));
    try {
      decipher.final();
    } catch {
      return false;
    }
    data.set(opened, header);
    return true;
  }

  /** Two zero bytes, SSRC, rollover counter, sequence number, with the salt upon them (RFC 7714 §8.1). */
  #nonceOf(data: Buffer, rollover: number): Buffer {
    const nonce = this.#nonce;
    const salt = this.#salt;
    nonce[0] = salt[0] as number;
    nonce[1] = salt[1] as number;
    for (let i = 0; i < 4; i += 1) {
      nonce[2 + i] = (salt[2 + i] as number) ^ (data[8 + i] as number);
      nonce[6 + i] = (salt[6 + i] as number) ^ (rollover >>> (24 - i * 8));
    }
    nonce[10] = (salt[10] as number) ^ (data[2] as number);
    nonce[11] = (salt[11] as number) ^ (data[3] as number);
    return nonce;
  }
}
