/** One RTP packet as it lies in a datagram (RFC 3550 §5.1). */
export interface RtpDatagram {
  payloadType: number;
  sequenceNumber: number;
  timestamp: number;
  ssrc: number;
  marker: boolean;
  payload: Buffer;
}

const HEADER_BYTES = 12;

/** Bytes of the header with sources and extension, or nothing when it is not RTP version 2 or its header is longer than the datagram. */
export function rtpHeaderLength(data: Buffer): number | undefined {
  const [first] = data;
  if (first === undefined || data.length < HEADER_BYTES || first >> 6 !== 2) return undefined;
  let length = HEADER_BYTES + (first & 0x0f) * 4;
  if (first & 0x10) {
    if (length + 4 > data.length) return undefined;
    length += 4 + data.readUInt16BE(length + 2) * 4;
  }
  return length > data.length ? undefined : length;
}

/** Reads a datagram, or nothing when it is not RTP version 2 with a sound header (RFC 3550 A.1). RTCP is not RTP. */
export function readRtp(data: Buffer): RtpDatagram | undefined {
  const [first = 0, second = 0] = data;
  const offset = rtpHeaderLength(data);
  if (offset === undefined || isRtcp(data)) return undefined;
  const padding = first & 0x20 ? (data[data.length - 1] ?? 0) : 0;
  if (first & 0x20 && padding === 0) return undefined;
  const end = data.length - padding;
  if (offset > end) return undefined;
  return {
    payloadType: second & 0x7f,
    marker: second > 0x7f,
    sequenceNumber: data.readUInt16BE(2),
    timestamp: data.readUInt32BE(4),
    ssrc: data.readUInt32BE(8),
    payload: data.subarray(offset, end),
  };
}

/** RTCP on the RTP port (RFC 5761 §4). */
export function isRtcp(data: Buffer): boolean {
  const type = data[1] ?? 0;
  return type >= 192 && type <= 223;
}

/** Writes a packet without extensions. */
export function writeRtp({ payloadType, sequenceNumber, timestamp, ssrc, marker, payload }: RtpDatagram): Buffer {
  const data = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  data[0] = 0x80;
  data[1] = payloadType | (marker ? 0x80 : 0);
  data.writeUInt16BE(sequenceNumber, 2);
  data.writeUInt32BE(timestamp, 4);
  data.writeUInt32BE(ssrc, 8);
  payload.copy(data, HEADER_BYTES);
  return data;
}
