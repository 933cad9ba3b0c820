import type { RtcpPacket, SrtcpSession } from 'werift';
import { PacketIndex } from './packet-index.ts';

/** The index follows the packet, with a bit in front that says whether it is encrypted; behind it, with AES-CM, the tag (RFC 3711 §3.4, RFC 7714 §9). */
const INDEX_BYTES = 4;

/** Both directions of SRTCP. A few packets a minute: the library's own code, and what it leaves out, that no report may be replayed. */
export class SrtcpStream {
  readonly #session: SrtcpSession;
  readonly #tagBehindIndex: number;
  readonly #read: (compound: Buffer) => RtcpPacket[];
  readonly #seen = new Map<number, PacketIndex>();

  /** @param tagBehindIndex bytes of the tag, where it comes last */
  constructor(session: SrtcpSession, tagBehindIndex: number, read: (compound: Buffer) => RtcpPacket[]) {
    this.#session = session;
    this.#tagBehindIndex = tagBehindIndex;
    this.#read = read;
  }

  seal(compound: Buffer): Buffer {
    return this.#session.encrypt(compound);
  }

  /** A compound packet, decrypted; nothing if it is not genuine, or has come before. */
  open(data: Buffer): Buffer | undefined {
    let compound: Buffer;
    try {
      compound = this.#session.decrypt(data);
    } catch {
      return undefined;
    }
    const ssrc = data.readUInt32BE(4);
    const index = data.readUInt32BE(data.length - this.#tagBehindIndex - INDEX_BYTES) & 0x7fff_ffff;
    const stream = this.#seen.get(ssrc) ?? new PacketIndex();
    if (stream.replayed(index)) return undefined;
    stream.note(index);
    if (this.#seen.size < MOST_STREAMS) this.#seen.set(ssrc, stream);
    return compound;
  }

  /** The packets in a compound one, of the kinds that the library knows. */
  read(compound: Buffer): RtcpPacket[] {
    try {
      return this.#read(compound);
    } catch {
      return [];
    }
  }
}

/** Senders whose reports are remembered. */
const MOST_STREAMS = 64;
