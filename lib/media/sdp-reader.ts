import { isIP } from 'node:net';
import { parse, type SessionDescription } from 'sdp-transform';
import { MediaError } from './media.ts';

export interface RemoteCandidate {
  foundation: string;
  priority: number;
  ip: string;
  port: number;
  type: 'host' | 'srflx' | 'relay';
}

/** What an offer or answer says, as far as one audio leg needs it. */
export interface RemoteDescription {
  ufrag: string;
  password: string;
  iceLite: boolean;
  candidates: RemoteCandidate[];
  /** SHA-256 of the peer's certificate. */
  fingerprint: string;
  setup: 'active' | 'passive' | 'actpass';
  mid: string;
  bundled: boolean;
  opusPayloadType: number;
  /** Payload types that carry keypad digits at 8000 Hz. */
  eventPayloadTypes: number[];
  /** Hz above which the peer plays nothing back (RFC 7587 `maxplaybackrate`). */
  maximumPlaybackRate: number;
}

const MAXIMUM_LENGTH = 32_768;
const MAXIMUM_CANDIDATES = 16;

function refuse(
  cause: string,
  nextStep = 'Keep the SDP as the provider sent it and report it with this message.',
): never {
  throw new MediaError('media_sdp_invalid', `The SDP cannot be used: ${cause}.`, nextStep);
}

function checkText(sdp: string): void {
  if (typeof sdp !== 'string' || sdp.trim() === '') refuse('it is empty');
  if (sdp.length > MAXIMUM_LENGTH) refuse(`it is longer than ${MAXIMUM_LENGTH} characters`);
  if (/^"|\\r|\\n|\\u000[aAdD]/.test(sdp))
    refuse(
      'its line ends are escaped (the characters backslash and r or n instead of line breaks)',
      'Parse the JSON that carries the SDP exactly once before handing it on.',
    );
  if (sdp.trimStart().startsWith('{'))
    refuse('it is JSON, not SDP', 'Hand on the value of its field "sdp", not the object around it.');
  if (!/^v=0\s*[\r\n]/.test(sdp.trimStart())) refuse('its first line is not "v=0"');
}

/** Addresses to which no connectivity check may go: they are no single host. */
function isSingleHost(ip: string): boolean {
  if (isIP(ip) === 4) {
    const first = Number(ip.split('.', 1)[0]);
    return first > 0 && first < 224;
  }
  return isIP(ip) === 6 && !/^ff/i.test(ip) && ip !== '::';
}

/** The candidates that may be used at all, before any question of where they lead. */
export function readCandidates(media: SessionDescription['media'][number]): RemoteCandidate[] {
  return (media.candidates ?? [])
    .filter(
      // Names instead of addresses (mDNS, or a name that would make us ask a name server) are never resolved.
      ({ transport, component, ip, port, type }) =>
        /^udp$/i.test(String(transport)) &&
        component === 1 &&
        typeof ip === 'string' &&
        isSingleHost(ip) &&
        Number.isInteger(port) &&
        port > 0 &&
        port < 65_536 &&
        ['host', 'srflx', 'relay'].includes(type),
    )
    .slice(0, MAXIMUM_CANDIDATES)
    .map(({ foundation, priority, ip, port, type }) => ({
      foundation: String(foundation),
      priority: Number.isFinite(Number(priority)) ? Number(priority) >>> 0 : 1,
      ip,
      port,
      type: type as RemoteCandidate['type'],
    }));
}

function readFingerprint(sdp: string): string {
  const lines = [...sdp.matchAll(/^a=fingerprint:(\S+) +(\S+)/gm)];
  if (lines.length === 0)
    refuse(
      /^a=crypto:/m.test(sdp)
        ? 'it offers SDES keys (a=crypto) and no DTLS fingerprint'
        : 'it has no a=fingerprint line',
      'Set srtp_key_exchange_protocol to DTLS in the calling settings of the business number.',
    );
  const sha256 = lines.find(([, algorithm]) => algorithm?.toLowerCase() === 'sha-256')?.[2];
  if (!sha256) refuse('none of its fingerprints is sha-256');
  if (!/^([0-9a-f]{2}:){31}[0-9a-f]{2}$/i.test(sha256)) refuse('its sha-256 fingerprint is not 32 bytes');
  return sha256.toUpperCase();
}

function readSetup(attribute: unknown): RemoteDescription['setup'] {
  // A value of digits comes as a number.
  const value = attribute === undefined ? undefined : String(attribute);
  // Without the attribute the answerer is passive (RFC 4145 §4.1).
  if (value === undefined || value === 'passive') return 'passive';
  if (value === 'active' || value === 'actpass') return value;
  return refuse(
    `its DTLS role "a=setup:${value.slice(0, 20).replace(/[^\w-]/g, '?')}" is not active, passive or actpass`,
  );
}

function readIceWord(value: unknown, name: string, minimum: number): string {
  // sdp-transform turns a value of digits into a number; RFC 8839 §5.4 allows it as text.
  const text = value === undefined ? '' : String(value);
  if (text.length < minimum || text.length > 256) refuse(`its ${name} is missing or has a wrong length`);
  return text;
}

/**
 * Reads the other side's offer or answer. Tolerant in what changes nothing (line ends, further attributes, codecs, fingerprints), strict in
 * what would leave a call silent, with the cause in plain words (traits and errors: Meta Cloud API calling documentation and captures, 2026-06).
 *
 * @throws MediaError `media_sdp_invalid`
 */
export function readSdp(sdp: string): RemoteDescription {
  checkText(sdp);
  let session: SessionDescription;
  try {
    session = parse(sdp.trimStart());
  } catch {
    return refuse('it cannot be parsed');
  }
  const audio = (session.media ?? []).filter(({ type }) => type === 'audio');
  const media = audio[0];
  if (!media) return refuse('it has no audio (m=audio line)');
  if (audio.length > 1) refuse('it has more than one m=audio line');
  if (media.port === 0) refuse('it rejects the audio (port 0)');
  const fingerprint = readFingerprint(sdp);
  const listed = String(media.payloads ?? '').split(' ');
  const codecs = (media.rtp ?? []).filter(({ payload }) => payload <= 127 && listed.includes(String(payload)));
  const opus = codecs.find(({ codec, rate }) => /^opus$/i.test(codec) && rate === 48_000);
  if (!opus)
    return refuse(
      codecs.some(({ codec }) => /^opus$/i.test(codec)) ? 'its Opus has not 48000 Hz' : 'it has no Opus (opus/48000/2)',
      'Enable Opus for the business number; G.711 alone cannot be used.',
    );
  const candidates = readCandidates(media);
  if (candidates.length === 0)
    refuse('it has no usable ICE candidate (component 1, UDP, numeric address of a single host)');
  const config = media.fmtp?.find(({ payload }) => payload === opus.payload)?.config ?? '';
  const playback = Number(/(?:^|[;\s])maxplaybackrate=(\d+)/.exec(config)?.[1] ?? 48_000);
  const mid = String(media.mid ?? '0');
  return {
    ufrag: readIceWord(media.iceUfrag ?? session.iceUfrag, 'ice-ufrag', 4),
    password: readIceWord(media.icePwd ?? session.icePwd, 'ice-pwd', 22),
    iceLite: /^a=ice-lite\s*$/m.test(sdp),
    candidates,
    fingerprint,
    setup: readSetup(media.setup ?? session.setup),
    mid: /^[\w.!#$%&'*+^`{|}~-]{1,64}$/.test(mid) ? mid : '0',
    bundled: (session.groups ?? []).some(
      ({ type, mids }) => type === 'BUNDLE' && String(mids).split(' ').includes(mid),
    ),
    opusPayloadType: opus.payload,
    eventPayloadTypes: codecs
      .filter(({ codec, rate }) => /^telephone-event$/i.test(codec) && rate === 8000)
      .map(({ payload }) => payload),
    maximumPlaybackRate: playback >= 8000 ? playback : 48_000,
  };
}
