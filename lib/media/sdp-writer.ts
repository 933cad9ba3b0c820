import { isIPv4 } from 'node:net';

export interface LocalCandidate {
  foundation: string;
  priority: number;
  ip: string;
  port: number;
  type: string;
  relatedAddress?: string;
  relatedPort?: number;
}

export interface LocalDescription {
  sessionId: string;
  ufrag: string;
  password: string;
  /** SHA-256 of our certificate, the only fingerprint there is: WhatsApp refuses several. */
  fingerprint: string;
  setup: 'actpass' | 'active' | 'passive';
  mid: string;
  bundled: boolean;
  opusPayloadType: number;
  eventPayloadType: number;
  ssrc: number;
  cname: string;
  candidates: LocalCandidate[];
}

/** RFC 8839 §5.1. */
function candidateLine({ foundation, priority, ip, port, type, relatedAddress, relatedPort }: LocalCandidate): string {
  const related = relatedAddress === undefined ? '' : ` raddr ${relatedAddress} rport ${relatedPort ?? 0}`;
  return `a=candidate:${foundation} 1 udp ${priority} ${ip} ${port} typ ${type}${related}`;
}

/**
 * Our offer or answer, complete (nothing is trickled), as Meta wants it: one audio stream of one SSRC, one sha-256 fingerprint, Opus with
 * 20 ms packets, telephone-event/8000, CRLF line ends (Meta Cloud API calling documentation, 2026-06-26: "SDP and media").
 */
export function writeSdp(local: LocalDescription): string {
  const shown =
    local.candidates.find(({ type, ip }) => type === 'srflx' && isIPv4(ip)) ??
    local.candidates.find(({ ip }) => isIPv4(ip)) ??
    local.candidates[0];
  const [address, port] = shown ? [shown.ip, shown.port] : ['0.0.0.0', 9];
  const connection = `IN IP${isIPv4(address) ? 4 : 6} ${address}`;
  const { opusPayloadType: opus, eventPayloadType: events, mid } = local;
  const lines = [
    'v=0',
    `o=- ${local.sessionId} 2 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    ...(local.bundled ? [`a=group:BUNDLE ${mid}`] : []),
    `a=msid-semantic: WMS ${local.cname}`,
    `m=audio ${port} UDP/TLS/RTP/SAVPF ${opus} ${events}`,
    `c=${connection}`,
    `a=rtcp:${port} ${connection}`,
    ...local.candidates.map(candidateLine),
    'a=end-of-candidates',
    `a=ice-ufrag:${local.ufrag}`,
    `a=ice-pwd:${local.password}`,
    `a=fingerprint:sha-256 ${local.fingerprint}`,
    `a=setup:${local.setup}`,
    `a=mid:${mid}`,
    'a=sendrecv',
    'a=rtcp-mux',
    `a=rtpmap:${opus} opus/48000/2`,
    `a=fmtp:${opus} minptime=20;useinbandfec=1`,
    'a=ptime:20',
    'a=maxptime:20',
    `a=rtpmap:${events} telephone-event/8000`,
    `a=fmtp:${events} 0-16`,
    `a=ssrc:${local.ssrc} cname:${local.cname}`,
    `a=ssrc:${local.ssrc} msid:${local.cname} audio0`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}
