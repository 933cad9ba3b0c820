import { rtpHeaderLength } from '../rtp-datagram.ts';
import { AesCm } from './aes-cm.ts';
import { AesGcm } from './aes-gcm.ts';
import { PacketIndex, rolloverOf } from './packet-index.ts';
import { deriveSessionKeys } from './session-keys.ts';
import type { SrtpCipher } from './srtp-cipher.ts';

/** Protection profiles by their numbers in the handshake (RFC 5764 §4.1.2, RFC 7714 §14.2). */
export const AES_CM_128_HMAC_SHA1_80 = 1;
export const AEAD_AES_128_GCM = 7;
export type SrtpProfile = typeof AES_CM_128_HMAC_SHA1_80 | typeof AEAD_AES_128_GCM;

/** Streams of one sender whose numbers are remembered. One is usual; a sender that starts over again and again must not fill the memory. */
const MOST_STREAMS = 64;

export function srtpCipher(profile: SrtpProfile, masterKey: Buffer, masterSalt: Buffer): SrtpCipher {
  const keys = deriveSessionKeys(masterKey, masterSalt);
  return profile === AEAD_AES_128_GCM ? new AesGcm(keys) : new AesCm(keys);
}

/** What became of an SRTP packet: `sound` is the length of the RTP packet, which now lies open at the beginning of its buffer. */
export type Opened = 'broken' | 'forged' | 'replayed' | number;

/** One direction of SRTP: the numbers of its streams, and their packets sealed or opened in place. */
export class SrtpStream {
  readonly #cipher: SrtpCipher;
  readonly #streams = new Map<number, PacketIndex>();

  constructor(cipher: SrtpCipher) {
    this.#cipher = cipher;
  }

  /** Room that a packet needs behind its end. */
  get tagBytes(): number {
    return this.#cipher.tagBytes;
  }

  /**
   * Seals the packet that lies at the buffer's beginning, `end` bytes without the tag. Never the same sequence number twice with other content:
   * the caller sees to that (RFC 3711 §9.1).
   */
  seal(data: Buffer, header: number, end: number): void {
    const stream = this.#stream(data.readUInt32BE(8));
    const index = stream.guess(data.readUInt16BE(2));
    stream.note(index);
    this.#cipher.seal(data, header, end, rolloverOf(index));
  }

  open(data: Buffer): Opened {
    const end = data.length - this.#cipher.tagBytes;
    const header = rtpHeaderLength(data);
    if (header === undefined || header > end) return 'broken';
    const ssrc = data.readUInt32BE(8);
    const known = this.#streams.get(ssrc);
    const sequenceNumber = data.readUInt16BE(2);
    const index = known ? known.guess(sequenceNumber) : sequenceNumber;
    const replayed = known?.replayed(index) ?? false;
    if (!this.#cipher.open(data, header, end, rolloverOf(index))) return 'forged';
    if (replayed) return 'replayed';
    (known ?? this.#stream(ssrc)).note(index);
    return end;
  }

  #stream(ssrc: number): PacketIndex {
    const known = this.#streams.get(ssrc);
    if (known) return known;
    const stream = new PacketIndex();
    this.#streams.set(ssrc, stream);
    if (this.#streams.size > MOST_STREAMS) {
      const [oldest] = this.#streams.keys();
      if (oldest !== undefined) this.#streams.delete(oldest);
    }
    return stream;
  }
}
