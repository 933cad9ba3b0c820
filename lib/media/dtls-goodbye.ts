/** A DTLS alert may be forged by anybody; if media still come after it, the call goes on. */
const DOUBT_MS = 2000;

/** Whether a peer that said goodbye by DTLS has really gone. Times in ms of the monotonic clock. */
export class DtlsGoodbye {
  #at: number | undefined;

  /** The alert came. */
  said(at: number): void {
    this.#at ??= at;
  }

  /** Whether the peer has gone, once that can be known; a forgery is forgotten. @param lastPacketAt when media last came */
  isTrue(at: number, lastPacketAt: number | undefined): boolean {
    if (this.#at === undefined || at <= this.#at + DOUBT_MS) return false;
    this.#at = undefined;
    return lastPacketAt === undefined || at - lastPacketAt >= DOUBT_MS / 2;
  }
}
