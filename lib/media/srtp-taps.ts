import type { RTCDtlsTransport } from 'werift';
import { rtpHeaderLength } from './rtp-datagram.ts';

export interface SrtpTaps {
  /** A packet that no key of this call opens. */
  undecryptable(): void;
  /** A compound RTCP packet, decrypted and authenticated. The library hands on only the kinds it knows. */
  control(compound: Buffer): void;
}

/**
 * Listens where the library decrypts, and keeps from it what it cannot digest: it reads the header before it checks who sent the packet, and an
 * extension that is said to be longer than the packet keeps it busy for half a minute. Anybody could send that.
 * What a tap throws would look like a broken packet, so taps must not throw.
 */
export function tapSrtp({ srtp, srtcp }: Pick<RTCDtlsTransport, 'srtp' | 'srtcp'>, taps: SrtpTaps): void {
  if (srtp) {
    const decrypt = srtp.decrypt.bind(srtp);
    srtp.decrypt = (data: Buffer) => {
      if (rtpHeaderLength(data) === undefined) throw new Error('The header is longer than the packet.');
      try {
        return decrypt(data);
      } catch (error) {
        taps.undecryptable();
        throw error;
      }
    };
  }
  if (srtcp) {
    const decrypt = srtcp.decrypt.bind(srtcp);
    srtcp.decrypt = (data: Buffer) => {
      const plain = decrypt(data);
      taps.control(plain);
      return plain;
    };
  }
}
