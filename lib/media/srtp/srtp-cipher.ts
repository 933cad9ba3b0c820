/** How one direction's RTP packets are encrypted and authenticated. */
export interface SrtpCipher {
  /** Bytes that a packet grows by. */
  readonly tagBytes: number;
  /**
   * Encrypts and authenticates the RTP packet that begins at the buffer's beginning, in place.
   *
   * @param header bytes of its header
   * @param end bytes of the packet; the tag is written behind
   */
  seal(data: Buffer, header: number, end: number, rollover: number): void;
  /** The opposite, in place; `end` without the tag. @returns whether it is what its sender sealed; if not, the data may be spoilt */
  open(data: Buffer, header: number, end: number, rollover: number): boolean;
}
