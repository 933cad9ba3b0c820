import { type Sha1State, sha1Block, sha1End, sha1Start } from './sha1.ts';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 20;
/** A packet, its rollover counter and the padding: no datagram is longer. */
const scratch = new Uint8Array(66_048);
const outer = new Uint8Array(128);
const state = sha1Start();

/** HMAC-SHA1 (RFC 2104) under one key, the key's own blocks computed once. */
export class HmacSha1 {
  readonly #inner: Sha1State;
  readonly #outer: Sha1State;

  /** @param key at most 64 bytes */
  constructor(key: Uint8Array) {
    const pad = (filler: number): Sha1State => {
      const block = new Uint8Array(BLOCK_BYTES).fill(filler);
      for (let i = 0; i < key.length; i += 1) block[i] = filler ^ (key[i] as number);
      const begun = sha1Start();
      sha1Block(begun, block, 0);
      return begun;
    };
    this.#inner = pad(0x36);
    this.#outer = pad(0x5c);
  }

  /**
   * The digest of `data` from `from` to `to` followed by a 32-bit number, as SRTP authenticates packets (RFC 3711 §4.2).
   * The array is used again by the next call, also of another object.
   */
  digest(data: Uint8Array, from: number, to: number, number: number): Uint8Array {
    const length = to - from;
    for (let i = 0; i < length; i += 1) scratch[i] = data[from + i] as number;
    for (let i = 0; i < 4; i += 1) scratch[length + i] = number >>> (24 - i * 8);
    state.set(this.#inner);
    sha1End(state, scratch, length + 4, BLOCK_BYTES);
    write();
    state.set(this.#outer);
    sha1End(state, outer, DIGEST_BYTES, BLOCK_BYTES);
    write();
    return outer;
  }
}

/** The state as bytes. */
function write(): void {
  for (let i = 0; i < 5; i += 1) {
    const word = state[i] as number;
    outer[i * 4] = word >>> 24;
    outer[i * 4 + 1] = word >>> 16;
    outer[i * 4 + 2] = word >>> 8;
    outer[i * 4 + 3] = word;
  }
}
