/** Where the connection of a leg stands, counted from the beginning. */
export interface MediaFacts {
  /** Connectivity checks: pairs of addresses that were tried, questions that left, answers that came, questions of the other side. */
  pairs: number;
  checksSent: number;
  checksAnswered: number;
  checksReceived: number;
  /** The media engine keeps the counts of checks, of the handshake and of undecryptable packets to itself: they are 0 and say nothing. */
  uncounted?: true;
  /** A pair works. */
  paired: boolean;
  /** A pair worked, and the other side then left our questions unanswered for 30 s (RFC 7675 §5.1). */
  consentLost: boolean;
  /** Ours in the handshake: a client begins it, a server waits. */
  dtlsRole?: 'client' | 'server';
  secure: boolean;
  handshakeReceived: number;
  /** Encrypted datagrams of sound that came, and those of them that no key of ours opens. */
  mediaReceived: number;
  undecryptable: number;
  /** Encrypted reports that came. */
  reportsReceived: number;
  /** Packets of sound or keys that were taken. */
  packetsTaken: number;
}
