import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto';

/** SRTP's keys for the RTP of one direction. */
export interface SessionKeys {
  /** Encryption, 16 bytes. As an object: Node tries keys given as bytes as objects first, and pays for the failure (measured 2026-11-21). */
  key: KeyObject;
  /** Authentication, 20 bytes; AES-GCM has none. */
  authentication: Buffer;
  /** 14 bytes; for AES-GCM the first 12 of them count. */
  salt: Buffer;
}

/** RFC 3711 §4.3.2. */
const LABEL = { key: 0, authentication: 1, salt: 2 };
/** Where the label meets the salt: seven bytes of label and index at the end of 14 (RFC 3711 §4.3.1, key derivation rate 0). */
const LABEL_AT = 7;
const SALT_BYTES = 14;

/** Derives the session keys from what the handshake agreed on (RFC 3711 §4.3; salts of 12 bytes are padded, RFC 7714 §11). */
export function deriveSessionKeys(masterKey: Buffer, masterSalt: Buffer): SessionKeys {
  const derive = (label: number, bytes: number): Buffer => {
    const start = Buffer.alloc(16);
    masterSalt.copy(start, 0, 0, SALT_BYTES);
    start[LABEL_AT] = (start[LABEL_AT] as number) ^ label;
    return createCipheriv('aes-128-ctr', createSecretKey(masterKey), start).update(Buffer.alloc(bytes));
  };
  return {
    key: createSecretKey(derive(LABEL.key, 16)),
    authentication: derive(LABEL.authentication, 20),
    salt: derive(LABEL.salt, SALT_BYTES),
  };
}
