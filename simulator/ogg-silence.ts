/** One Opus packet of 20 ms: full band, mono, nothing said (RFC 6716 §3.1). */
const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);
const PACKET_SAMPLES = 960;
/** A page may hold 255 packets of less than 255 bytes. */
const PACKETS_ON_PAGE = 250;
const PRE_SKIP = 312;

/** A playable Ogg Opus file (RFC 7845, RFC 3533) of so many seconds of silence. */
export function oggSilence(seconds: number): Buffer {
  const packets = Math.max(1, Math.ceil(seconds * 50));
  const pages = [page([head()], 0, 0, FIRST), page([tags()], 0, 1, 0)];
  for (let done = 0; done < packets; done += PACKETS_ON_PAGE) {
    const here = Math.min(PACKETS_ON_PAGE, packets - done);
    const last = done + here >= packets;
    const granule = PRE_SKIP + (done + here) * PACKET_SAMPLES;
    pages.push(
      page(
        Array.from({ length: here }, () => SILENCE),
        granule,
        pages.length,
        last ? LAST : 0,
      ),
    );
  }
  return Buffer.concat(pages);
}

const FIRST = 2;
const LAST = 4;

function head(): Buffer {
  const bytes = Buffer.alloc(19);
  bytes.write('OpusHead');
  bytes.writeUInt8(1, 8);
  bytes.writeUInt8(1, 9);
  bytes.writeUInt16LE(PRE_SKIP, 10);
  bytes.writeUInt32LE(48_000, 12);
  return bytes;
}

function tags(): Buffer {
  const vendor = 'whatsapp-calling-simulator';
  const bytes = Buffer.alloc(8 + 4 + vendor.length + 4);
  bytes.write('OpusTags');
  bytes.writeUInt32LE(vendor.length, 8);
  bytes.write(vendor, 12);
  return bytes;
}

function page(packets: readonly Buffer[], granule: number, sequence: number, flags: number): Buffer {
  const header = Buffer.alloc(27 + packets.length);
  header.write('OggS');
  header.writeUInt8(flags, 5);
  header.writeBigUInt64LE(BigInt(granule), 6);
  header.writeUInt32LE(0x77636131, 14);
  header.writeUInt32LE(sequence, 18);
  header.writeUInt8(packets.length, 26);
  for (const [index, packet] of packets.entries()) header.writeUInt8(packet.length, 27 + index);
  const whole = Buffer.concat([header, ...packets]);
  whole.writeUInt32LE(checksum(whole), 22);
  return whole;
}

/** CRC-32 with polynomial 0x04c11db7, not reflected, from 0 (RFC 3533 §6). */
function checksum(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ (TABLE[((crc >>> 24) & 0xff) ^ byte] ?? 0)) >>> 0;
  return crc;
}

const TABLE = Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});
