import { isIPv6 } from 'node:net';
import type { BridgeCodec } from './bridge-codec.ts';

/**
 * A plain RTP description of one stream at an address (RFC 8866; RFC 7587 §7 for Opus, RFC 3551 for the others), as ffmpeg, GStreamer and
 * PBXs read it.
 */
export function bridgeSdp(
  { address, port }: { address: string; port: number },
  { name, payloadType, rtpmap, ticksPerMs }: BridgeCodec,
  options: { eventPayloadType?: number; rtcpMux?: boolean },
): string {
  const family = isIPv6(address) ? 'IP6' : 'IP4';
  const { eventPayloadType: event } = options;
  const lines = [
    'v=0',
    `o=- 0 0 IN ${family} ${address}`,
    's=WhatsApp call',
    `c=IN ${family} ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${payloadType}${event === undefined ? '' : ` ${event}`}`,
    `a=rtpmap:${payloadType} ${rtpmap}`,
    ...(name === 'opus' ? [`a=fmtp:${payloadType} minptime=20;useinbandfec=1`] : []),
    // Events share the clock of the sound (RFC 4733 §2.1).
    ...(event === undefined ? [] : [`a=rtpmap:${event} telephone-event/${ticksPerMs * 1000}`, `a=fmtp:${event} 0-15`]),
    ...(options.rtcpMux ? ['a=rtcp-mux'] : []),
    'a=ptime:20',
    'a=sendrecv',
  ];
  return `${lines.join('\r\n')}\r\n`;
}
