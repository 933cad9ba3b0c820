import type { LegOptions } from '../media.ts';
import { kindOfAddress, mayBeAsked, type Reach } from '../remote-address.ts';
import { readCandidates } from '../sdp-reader.ts';
import type { Finding } from './finding.ts';
import type { SdpView } from './sdp-view.ts';

/** A rule says nothing, or what it found; `id` comes from the table. */
export type Found = Omit<Finding, 'id'> | undefined;
/** What the number's settings say of the network. */
export type Ways = Reach & Pick<LegOptions, 'iceServers'>;
export type Rule = (view: SdpView, ways: Ways) => Found;

const OURS =
  'This is a fault of this package or of something that changed the description: report it with this message.';
const THEIRS = 'Keep the SDP as it came and report it to the provider with the id of the call.';
const found = (level: Finding['level'], what: string, why: string, next: string): Found => ({ level, what, why, next });
const whose = ({ from }: SdpView) => (from === 'us' ? OURS : THEIRS);

/** Lengths in characters: what we read at all, and what no call needs. */
const LONGEST = 32_768;
const LARGE = 8192;

/**
 * What a description for WhatsApp must be like (Meta Cloud API calling documentation, "SDP and media", 2026-06-26, and captures of 2026).
 * `own` faults are fatal where Meta refuses; the same in what comes from Meta is often harmless.
 */
export const SDP_RULES: Record<string, Rule> = {
  too_large: ({ text }) =>
    text.length > LARGE
      ? found(
          text.length > LONGEST ? 'fatal' : 'warning',
          `The description has ${text.length} characters.`,
          'An audio call needs about 1,500; so much points to video, many codecs or many addresses.',
          'Restrict the call to one audio stream, and this machine to the addresses that are needed ("Local IP").',
        )
      : undefined,
  wrong_type: ({ type, declared }) =>
    declared !== undefined && declared !== type
      ? found(
          'fatal',
          `The message calls the description "${declared.slice(0, 20).replace(/[^\w-]/g, '?')}" where an ${type} is due.`,
          'With a wrong sdp_type the other side refuses it or takes the wrong role.',
          `Set sdp_type to "${type}".`,
        )
      : undefined,
  no_audio: ({ audio }) =>
    audio
      ? undefined
      : found(
          'fatal',
          'There is no audio (m=audio line).',
          'A call is one audio stream.',
          'Offer exactly one audio stream.',
        ),
  several_audio: (view) =>
    view.session.media.filter(({ type }) => type === 'audio').length > 1
      ? found(
          'fatal',
          'There is more than one m=audio line.',
          'WhatsApp carries one stream; a second is refused or silent.',
          whose(view),
        )
      : undefined,
  other_media: (view) =>
    view.session.media.some(({ type }) => type !== 'audio')
      ? found(
          'warning',
          'There is more than audio (video or data).',
          'WhatsApp business calls carry audio only.',
          whose(view),
        )
      : undefined,
  audio_rejected: ({ audio }) =>
    audio?.port === 0
      ? found(
          'fatal',
          'The audio is rejected (port 0).',
          'The other side does not want this call to have sound.',
          THEIRS,
        )
      : undefined,
  several_fingerprints: (view) =>
    view.fingerprints.length > 1
      ? found(
          view.from === 'us' ? 'fatal' : 'info',
          `There are ${view.fingerprints.length} a=fingerprint lines.`,
          'WhatsApp refuses descriptions with several; some WebRTC libraries write one for each hash.',
          view.from === 'us' ? 'Leave only the sha-256 fingerprint.' : 'Nothing: the sha-256 one is used.',
        )
      : undefined,
  no_fingerprint: ({ text, fingerprints }) => {
    if (fingerprints.length > 0) return undefined;
    return /^a=crypto:/m.test(text)
      ? found(
          'fatal',
          'It has SDES keys (a=crypto) and no DTLS fingerprint.',
          'This package encrypts with DTLS.',
          'Set srtp_key_exchange_protocol to DTLS in the calling settings of the number.',
        )
      : found(
          'fatal',
          'There is no a=fingerprint line.',
          'Without it nobody can tell whose encryption it is.',
          'Add the sha-256 fingerprint of the certificate.',
        );
  },
  fingerprint_not_sha256: ({ fingerprints }) =>
    fingerprints.length > 0 && !fingerprints.some(([algorithm]) => algorithm === 'sha-256')
      ? found(
          'fatal',
          'None of the fingerprints is sha-256.',
          'WhatsApp takes sha-256 only.',
          'Use the sha-256 fingerprint of the certificate.',
        )
      : undefined,
  fingerprint_malformed: (view) => {
    const sha256 = view.fingerprints.find(([algorithm]) => algorithm === 'sha-256')?.[1];
    return sha256 !== undefined && !/^([0-9a-f]{2}:){31}[0-9a-f]{2}$/i.test(sha256)
      ? found(
          'fatal',
          'The sha-256 fingerprint is not 32 bytes in hexadecimal with colons.',
          'It can match no certificate.',
          whose(view),
        )
      : undefined;
  },
  no_opus: ({ audio, codecs }) => {
    if (!audio || codecs.some(({ name, rate }) => name === 'opus' && rate === 48_000)) return undefined;
    const wrong = codecs.find(({ name }) => name === 'opus');
    return found(
      'fatal',
      wrong ? `Opus has a clock of ${wrong.rate} Hz.` : 'Opus is missing.',
      'WhatsApp speaks opus/48000/2; PCMA and PCMU alone cannot be used here.',
      'Enable Opus for the number in the calling settings.',
    );
  },
  other_codecs: ({ from, codecs }) => {
    const others = codecs.filter(({ name }) => !['opus', 'telephone-event', 'pcmu', 'pcma', 'cn'].includes(name));
    return from === 'us' && others.length > 0
      ? found(
          'warning',
          `It offers ${others.map(({ name }) => name.slice(0, 20)).join(', ')} too.`,
          'WhatsApp may agree to a codec that is not supported.',
          'Offer Opus and telephone-event only.',
        )
      : undefined;
  },
  ptime: ({ from, audio }) => {
    if (!audio) return undefined;
    const { ptime } = audio;
    if (ptime === 20 || (from === 'them' && ptime === undefined)) return undefined;
    return found(
      'warning',
      ptime === undefined
        ? 'The length of packets is not said (a=ptime).'
        : `The length of packets is ${String(ptime).slice(0, 10)} ms (a=ptime).`,
      'WhatsApp uses packets of 20 ms; others make gaps.',
      from === 'us' ? 'Write a=ptime:20.' : 'If the sound has gaps, report it to the provider.',
    );
  },
  no_keypad: ({ from, audio, codecs }) => {
    if (from === 'them' || !audio || codecs.some(({ name, rate }) => name === 'telephone-event' && rate === 8000))
      return undefined;
    return found(
      'warning',
      'Keypad digits (telephone-event/8000) are not offered.',
      'WhatsApp knows them at 8000 Hz only; menus by key may not work.',
      'Offer telephone-event/8000.',
    );
  },
  dtls_role: (view) => {
    const { from, type, audio, session, fingerprints } = view;
    if (!audio || fingerprints.length === 0) return undefined;
    const attribute: unknown = audio.setup ?? session.setup;
    const setup = attribute === undefined ? undefined : String(attribute);
    if (setup !== undefined && !['active', 'passive', 'actpass'].includes(setup))
      return found(
        'fatal',
        `The DTLS role "a=setup:${setup.slice(0, 20).replace(/[^\w-]/g, '?')}" does not exist.`,
        'It must be active, passive or actpass.',
        whose(view),
      );
    if (type === 'answer' && setup === 'actpass')
      return found(
        from === 'us' ? 'fatal' : 'info',
        'The answer leaves the DTLS role open (a=setup:actpass).',
        'An answer must decide who begins; otherwise both sides wait for each other.',
        from === 'us' ? OURS : 'Nothing: we begin.',
      );
    if (from === 'us' && setup === 'passive')
      return found(
        'warning',
        'We announce to wait for the encryption (a=setup:passive).',
        'Where WhatsApp is asked to begin it was seen not to.',
        'Offer actpass; answer active.',
      );
    return from === 'us' && setup === undefined
      ? found('fatal', 'The DTLS role is missing (a=setup).', 'Nobody knows who begins the encryption.', OURS)
      : undefined;
  },
  ice_credentials: (view) => {
    const { audio, session } = view;
    if (!audio) return undefined;
    const long = (value: unknown, least: number) =>
      value !== undefined && String(value).length >= least && String(value).length <= 256;
    return long(audio.iceUfrag ?? session.iceUfrag, 4) && long(audio.icePwd ?? session.icePwd, 22)
      ? undefined
      : found(
          'fatal',
          'The ICE name or password is missing or has a wrong length (a=ice-ufrag, a=ice-pwd).',
          'Connectivity checks cannot be signed without them.',
          whose(view),
        );
  },
  ice_lite: ({ from, text }) =>
    from === 'us' && /^a=ice-lite\s*$/m.test(text)
      ? found(
          'fatal',
          'Our side calls itself ICE-lite.',
          'WhatsApp is ICE-lite too: of two lite sides none begins the connectivity checks.',
          OURS,
        )
      : undefined,
  candidates: (view, reach) => {
    const { audio, from } = view;
    if (!audio) return undefined;
    const all = audio.candidates ?? [];
    const usable = all.filter(({ transport, component }) => /^udp$/i.test(String(transport)) && component === 1);
    const numeric = readCandidates(audio);
    if (numeric.length === 0) {
      const why =
        usable.length > 0
          ? 'Its candidates are names, as browsers hide local addresses (mDNS); they cannot be reached from outside.'
          : all.length > 0
            ? 'It has candidates, but none for UDP and RTP.'
            : 'All candidates must be in the description: WhatsApp takes none later.';
      return found(
        'fatal',
        'There is no address to reach it at (a=candidate).',
        why,
        from === 'us' ? 'Wait for all candidates before the description is sent.' : THEIRS,
      );
    }
    if (from === 'them')
      return numeric.some(({ ip, port }) => mayBeAsked({ ip, port }, reach))
        ? undefined
        : found(
            'fatal',
            'None of its candidates is a public address with a port of 1024 or above.',
            'We send no packets into private networks because a message says so.',
            'If the media relay is in your own network, allow private addresses in the configuration of the number.',
          );
    if (numeric.some(({ ip }) => kindOfAddress(ip) === 'public')) return undefined;
    if (numeric.some(({ ip }) => kindOfAddress(ip) === 'loopback') && reach.bindAddress !== undefined) return undefined;
    return found(
      'warning',
      'All our addresses are private.',
      'That works behind most routers, because we begin. Behind strict ones the phone rings, is answered, and stays silent.',
      'If calls stay silent: set "Public IP" (fixed port forwarding), or a STUN or TURN server.',
    );
  },
  no_relay: ({ audio, from }, { iceServers = [] }) => {
    const asked = iceServers.some(({ urls }) => /^turns?:/i.test(urls));
    if (from === 'them' || !asked || (audio?.candidates ?? []).some(({ type }) => type === 'relay')) return undefined;
    return found(
      'warning',
      'The TURN server gave no address to relay by.',
      'It did not answer in time, or refused the user or the password. Waiting for it has delayed this call by up to 3 seconds.',
      'Check "TURN server", "TURN user" and "TURN password" of the number.',
    );
  },
  bundle_mid: (view) => {
    const { audio, session, from } = view;
    const group = session.groups?.find(({ type }) => type === 'BUNDLE');
    if (!audio || !group) return undefined;
    return String(group.mids)
      .split(' ')
      .includes(String(audio.mid ?? ''))
      ? undefined
      : found(
          from === 'us' ? 'fatal' : 'warning',
          'The BUNDLE group names another part than the audio (a=mid).',
          'The other side may take the audio for not negotiated.',
          whose(view),
        );
  },
  rtcp_mux: (view) =>
    view.audio && !view.audio.rtcpMux
      ? found(
          view.from === 'us' ? 'fatal' : 'warning',
          'RTCP has no place (a=rtcp-mux is missing).',
          'WhatsApp uses one port for sound and reports.',
          whose(view),
        )
      : undefined,
  direction: (view) =>
    view.audio?.direction !== undefined && view.audio.direction !== 'sendrecv'
      ? found(
          'warning',
          `The audio goes one way (a=${view.audio.direction}).`,
          'One side will not be heard.',
          whose(view),
        )
      : undefined,
  several_sources: (view) =>
    view.from === 'us' && new Set((view.audio?.ssrcs ?? []).map(({ id }) => id)).size > 1
      ? found(
          'fatal',
          'There are several sources (a=ssrc).',
          "WhatsApp's relay rewrites sources to one; several break the sound.",
          OURS,
        )
      : undefined,
  line_ends: ({ from, text }) =>
    from === 'us' && /(^|[^\r])\n/.test(text)
      ? found('warning', 'Lines do not end with CR and LF.', 'Strict readers refuse them.', OURS)
      : undefined,
};
