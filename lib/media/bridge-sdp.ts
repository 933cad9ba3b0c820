import { isIPv6 } from 'node:net';

/** A plain RTP description of one Opus stream at an address (RFC 7587 §7), as ffmpeg, GStreamer and PBXs read it. */
export function bridgeSdp(address: string, port: number, payloadType: number): string {
  const family = isIPv6(address) ? 'IP6' : 'IP4';
  const lines = [
    'v=0',
    `o=- 0 0 IN ${family} ${address}`,
    's=WhatsApp call',
    `c=IN ${family} ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} opus/48000/2`,
    `a=fmtp:${payloadType} minptime=20;useinbandfec=1`,
    'a=ptime:20',
    'a=sendrecv',
  ];
  return `${lines.join('\r\n')}\r\n`;
}
