import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { HEADER_BYTES } from './protocol.ts';

/** What SRTP with AES-128-GCM costs at least: one seal per packet by Node's own crypto, header authenticated, payload encrypted. */
const KEY = createSecretKey(Buffer.alloc(16, 7));
const TAG_BYTES = 16;

function nonce(packet: Buffer): Buffer {
  const iv = Buffer.alloc(12, 3);
  packet.copy(iv, 2, 2, HEADER_BYTES);
  return iv;
}

export function seal(packet: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-gcm', KEY, nonce(packet));
  const header = packet.subarray(0, HEADER_BYTES);
  cipher.setAAD(header);
  const sealed = cipher.update(packet.subarray(HEADER_BYTES));
  cipher.final();
  return Buffer.concat([header, sealed, cipher.getAuthTag()]);
}

export function unseal(packet: Buffer): Buffer {
  const end = packet.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-128-gcm', KEY, nonce(packet), { authTagLength: TAG_BYTES });
  const header = packet.subarray(0, HEADER_BYTES);
  decipher.setAAD(header);
  decipher.setAuthTag(packet.subarray(end));
  const opened = decipher.update(packet.subarray(HEADER_BYTES, end));
  decipher.final();
  return Buffer.concat([header, opened]);
}
