import { parse } from 'sdp-transform';
import { GraphError } from './graph/errors.ts';

interface Media {
  type: string;
  protocol?: string;
  rtp?: { payload: number; codec: string; rate?: number; encoding?: number }[];
  ssrcs?: { id: number | string }[];
  candidates?: unknown[];
  ptime?: number;
  setup?: string;
  iceUfrag?: string;
  icePwd?: string;
  direction?: string;
}

const broken = (details: string) => new GraphError(138008, details, { rule: true });
const invalid = (details: string) => new GraphError(100, details, { rule: true });

/**
 * Judges a business's offer or answer as WhatsApp would (meta-cloud-api.md §9.1 and §15).
 *
 * @param additionalCodecs G.711 codecs switched on in the call settings (`PCMA`, `PCMU`)
 * @returns what WhatsApp accepts but what spoils calls in practice, in plain sentences
 * @throws GraphError 100 for something missing, 138008 for something that may not be there
 */
export function checkSdp(sdp: string, additionalCodecs: readonly string[] = []): string[] {
  if (!sdp.startsWith('v=0')) throw invalid('SDP does not start with v=0');
  let session: { media?: Media[]; setup?: string; iceUfrag?: string; icePwd?: string };
  try {
    session = parse(sdp) as unknown as typeof session;
  } catch {
    throw invalid('SDP cannot be parsed');
  }
  const media = session.media ?? [];
  const audio = media.filter((one) => one.type === 'audio');
  if (audio.length === 0) throw invalid('No audio media section found in SDP');
  if (media.length > 1) throw broken('The provided SDP is invalid: exactly one m=audio section is allowed');
  const line = audio[0] as Media;

  const fingerprints = sdp.match(/^a=fingerprint:.*$/gim) ?? [];
  if (fingerprints.length === 0) throw invalid('No fingerprint found in SDP');
  if (fingerprints.length > 1)
    throw broken(`The provided SDP is invalid: ${fingerprints.length} fingerprints, exactly one is allowed`);
  if (!/^a=fingerprint:sha-256 (?:[0-9a-f]{2}:){31}[0-9a-f]{2}\s*$/i.test(fingerprints[0] as string))
    throw broken('The provided SDP is invalid: the fingerprint must be sha-256');
  if (!(line.iceUfrag ?? session.iceUfrag)) throw invalid('No ice-ufrag found in SDP');
  if (!(line.icePwd ?? session.icePwd)) throw invalid('No ice-pwd found in SDP');
  if (!(line.setup ?? session.setup)) throw invalid('No setup attribute found in SDP');
  if (!/^UDP\/TLS\/RTP\/SAVPF?$/.test(line.protocol ?? ''))
    throw broken('The provided SDP is invalid: the protocol must be UDP/TLS/RTP/SAVPF');

  const codecs = line.rtp ?? [];
  const opus = codecs.some((one) => /^opus$/i.test(one.codec) && one.rate === 48000 && Number(one.encoding) === 2);
  const payloads = (sdp.match(/^m=audio \d+ \S+ (.*)$/m)?.[1] ?? '').trim().split(' ');
  const g711 =
    (additionalCodecs.includes('PCMU') && payloads.includes('0')) ||
    (additionalCodecs.includes('PCMA') && payloads.includes('8'));
  if (!opus && !g711) throw broken('The provided SDP is invalid: no supported codec, opus/48000/2 is required');

  const warnings: string[] = [];
  if (/[^\r]\n/.test(sdp)) warnings.push('Lines end with LF; RFC 8866 wants CRLF.');
  if (new Set(line.ssrcs?.map((one) => String(one.id))).size > 1)
    warnings.push('More than one SSRC: the relay rewrites it, and media of several sources gets mixed up.');
  if ((line.candidates ?? []).length === 0)
    warnings.push('No ICE candidate: there is no trickle, gather before calling.');
  if (/^a=ice-lite\s*$/m.test(sdp)) warnings.push('ice-lite: the relay is ICE-lite too, so nobody would send checks.');
  if (opus && line.ptime !== undefined && line.ptime !== 20)
    warnings.push(`ptime is ${line.ptime}; WhatsApp uses 20 ms.`);
  const digits = codecs.filter((one) => /^telephone-event$/i.test(one.codec));
  if (digits.length === 0) warnings.push('No telephone-event/8000: digits arrive on payload type 126 all the same.');
  else if (!digits.some((one) => one.rate === 8000)) warnings.push('telephone-event must run at 8000 Hz.');
  const others = codecs.filter((one) => !/^(opus|telephone-event|PCMU|PCMA)$/i.test(one.codec)).map((one) => one.codec);
  if (others.length > 0) warnings.push(`Codecs that WhatsApp does not support: ${others.join(', ')}.`);
  return warnings;
}
