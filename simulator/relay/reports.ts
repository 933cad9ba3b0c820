import type { RtcpPacket } from 'werift';
import type { ReceptionReport } from './reception.ts';

/** Seconds from 1900 (NTP) to 1970 (Unix). */
const NTP_EPOCH = 2_208_988_800;

/** Wall clock as the 64-bit NTP timestamp of a sender report (RFC 3550 §4). */
export function ntpNow(): bigint {
  const ms = performance.timeOrigin + performance.now();
  const seconds = Math.floor(ms / 1000);
  const fraction = Math.floor(((ms % 1000) / 1000) * 2 ** 32);
  return (BigInt(seconds + NTP_EPOCH) << 32n) | BigInt(fraction);
}

export interface Sent {
  ssrc: number;
  packets: number;
  octets: number;
  /** RTP timestamp of this moment. */
  timestamp: number;
}

/** What one leg owes its peer every few seconds: a sender report, or only a receiver report while nothing was sent. */
export async function reports(sent: Sent, received: ReceptionReport | undefined): Promise<RtcpPacket[]> {
  const { RtcpSrPacket, RtcpRrPacket, RtcpSenderInfo, RtcpReceiverInfo } = await import('werift');
  const blocks = received ? [new RtcpReceiverInfo(received)] : [];
  if (sent.packets === 0) return [new RtcpRrPacket({ ssrc: sent.ssrc, reports: blocks })];
  const senderInfo = new RtcpSenderInfo({
    ntpTimestamp: ntpNow(),
    rtpTimestamp: sent.timestamp,
    packetCount: sent.packets % 2 ** 32,
    octetCount: sent.octets % 2 ** 32,
  });
  return [new RtcpSrPacket({ ssrc: sent.ssrc, senderInfo, reports: blocks })];
}
