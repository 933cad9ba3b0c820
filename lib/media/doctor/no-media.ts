import type { Finding } from './finding.ts';
import type { MediaFacts } from './media-facts.ts';

const FIREWALL =
  'Let UDP out of this machine and its answers back in, and check "Public IP" and "UDP ports" of the number.';
const REPORT = 'Send the media record of this call with a report to the provider.';

/**
 * Why nothing is heard of the person although the call is up: the first thing on the way that does not work. Pure.
 * Nothing if sound has come.
 */
export function explainNoMedia(facts: MediaFacts): Finding | undefined {
  if (facts.packetsTaken > 0) return undefined;
  if (facts.consentLost) return CONSENT_LOST;
  if (!facts.paired) return noPair(facts);
  if (!facts.secure) return noHandshake(facts);
  if (facts.undecryptable > 0)
    return {
      id: 'media_undecryptable',
      level: 'warning',
      what: `${facts.undecryptable} of ${facts.mediaReceived} packets came that cannot be decrypted.`,
      why: 'They are encrypted with keys that belong to another call, or something on the way changes them.',
      next: 'Place the call again. If it happens again, look for a device that rewrites UDP between here and the provider.',
    };
  if (facts.mediaReceived > 0)
    return {
      id: 'media_not_opus',
      level: 'warning',
      what: 'Packets come, but none with a payload type that was agreed.',
      why: 'The other side sends another codec than Opus.',
      next: 'Check the audio codecs of the number in the calling settings at the provider. Opus must be among them.',
    };
  return {
    id: 'media_none',
    level: 'warning',
    what: `The connection is up and encrypted, but the other side sends no sound${facts.reportsReceived > 0 ? ', only reports' : ''}.`,
    why: 'The phone of the person may have no network at the moment, be muted, or wait for sound from us first.',
    next: 'If every call is like that, ask the provider with the id of the call. A single one needs nothing.',
  };
}

/** Why the audio connection failed: as `explainNoMedia`, and fatal. */
export function explainFailure(facts: MediaFacts): Finding {
  const cause = facts.consentLost
    ? CONSENT_LOST
    : facts.paired && facts.secure
      ? {
          id: 'media_closed',
          what: 'The other side closed the audio connection.',
          why: 'It sent the end of the encryption, or failed.',
          next: 'If the call was still going on, ask the provider with the id of the call.',
        }
      : facts.paired
        ? noHandshake(facts)
        : noPair(facts);
  return { ...cause, level: 'fatal' };
}

const CONSENT_LOST: Finding = {
  id: 'ice_consent_lost',
  level: 'warning',
  what: 'The other side has not answered our connectivity checks for 30 seconds.',
  why: 'Without its consent nothing may be sent (RFC 7675), so the audio connection is over.',
  next: 'Check whether this machine lost its network or changed its address during the call, and that the firewall keeps UDP open.',
};

function noPair({ pairs, checksSent, checksAnswered, checksReceived, uncounted }: MediaFacts): Finding {
  const id = 'ice_no_pair';
  const level = 'warning';
  if (pairs === 0)
    return {
      id,
      level,
      what: 'There is no pair of addresses to try: ours and theirs do not fit together.',
      why: 'An IPv4 address cannot reach an IPv6 address, and private addresses of the other side are not asked.',
      next: 'Give this machine an IPv4 address that reaches the internet, or correct "Local IP" of the number.',
    };
  if (uncounted)
    return {
      id,
      level,
      what: `None of the other side's ${pairs} addresses could be agreed on.`,
      why: 'Our connectivity checks or the answers to them are lost on the way. This media engine does not say which; "werift" does.',
      next: FIREWALL,
    };
  const tried = `${checksSent} connectivity checks to ${pairs} address ${pairs === 1 ? 'pair' : 'pairs'}`;
  return {
    id,
    level,
    what: `Of ${tried}, ${checksAnswered === 0 ? 'none was answered' : `${checksAnswered} were answered, but none could be agreed on`}.`,
    why:
      checksReceived > 0
        ? 'The other side reaches us, but our packets or its answers to them do not arrive.'
        : 'Nothing at all comes from the other side: UDP is blocked on the way, or it does not know the call.',
    next: FIREWALL,
  };
}

function noHandshake({ dtlsRole, handshakeReceived, uncounted }: MediaFacts): Finding {
  const id = 'dtls_unfinished';
  const level = 'warning';
  if (uncounted)
    return {
      id,
      level,
      what: 'The connection is there, but the encryption does not come to its end.',
      why: 'Packets of the handshake are lost on the way, or both sides wait for the other. This media engine does not say which; "werift" does.',
      next: `${FIREWALL} A tunnel with a small MTU on the way would explain it.`,
    };
  if (dtlsRole === 'server' && handshakeReceived === 0)
    return {
      id: 'dtls_nobody_begins',
      level,
      what: 'The connection is there, but the encryption does not begin: we wait for the other side, which said it would begin.',
      why: 'Its answer says "setup:active", so the first message of the handshake is its own.',
      next: REPORT,
    };
  return {
    id,
    level,
    what:
      handshakeReceived === 0
        ? 'The connection is there, but the other side does not answer our first message of the encryption.'
        : 'The handshake of the encryption began but does not come to its end.',
    why:
      handshakeReceived === 0
        ? 'It waits for us, and our message, which is larger than a connectivity check, does not arrive; or both sides wait.'
        : 'Packets of it are lost on the way (they are larger than the first ones), or the certificate is not the announced one.',
    next: `${FIREWALL} A tunnel with a small MTU on the way would explain it.`,
  };
}
