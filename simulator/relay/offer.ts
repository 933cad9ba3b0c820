import { isIP } from 'node:net';
import { parse } from 'sdp-transform';

/** What the relay needs to know of an offer, from the business or from the person's browser. */
export interface Offer {
  /** Mirrored in the answer; absent when the offer has none. */
  mid?: string;
  iceUfrag: string;
  icePwd: string;
  fingerprints: { algorithm: string; value: string }[];
  /** The DTLS role that the offerer asks for. */
  setup: 'active' | 'passive' | 'actpass';
  opusPayloadType: number;
  /** `telephone-event/8000`; absent when not offered. */
  eventPayloadType?: number;
  /** The lines after `a=candidate:`, UDP only. */
  candidates: { address: string; line: string }[];
}

/** An offer that no media server could answer. `code` is stable, the message says what is missing. */
export class OfferError extends Error {
  readonly code = 'relay_offer_invalid';
  constructor(missing: string) {
    super(`The SDP offer cannot be answered: ${missing}.`);
    this.name = 'OfferError';
  }
}

const CANDIDATE = /^a=candidate:(\S+ 1 udp \d+ (\S+) \d+ typ .*)$/i;

/**
 * Reads an offer. Only what media needs is demanded; the rules of the API (one SSRC, one fingerprint, CRLF) are checked by the API.
 *
 * @throws OfferError
 */
export function readOffer(sdp: string): Offer {
  if (!/^v=0\r?\n/.test(sdp)) throw new OfferError('it does not begin with v=0');
  const session = parse(sdp);
  const audio = session.media.filter((media) => media.type === 'audio');
  const [media] = audio;
  if (!media || audio.length > 1) throw new OfferError(`it has ${audio.length} audio sections, exactly one is needed`);

  const iceUfrag = media.iceUfrag ?? session.iceUfrag;
  const icePwd = media.icePwd ?? session.icePwd;
  if (!iceUfrag || !icePwd) throw new OfferError('a=ice-ufrag or a=ice-pwd is missing');

  const fingerprints = [...sdp.matchAll(/^a=fingerprint:(\S+) (\S+)/gm)].map(([, algorithm = '', value = '']) => ({
    algorithm,
    value,
  }));
  if (fingerprints.length === 0) throw new OfferError('no a=fingerprint was found');

  const opus = media.rtp.find(({ codec, rate }) => codec.toLowerCase() === 'opus' && rate === 48000);
  if (!opus) throw new OfferError('it offers no opus/48000');
  const event = media.rtp.find(({ codec, rate }) => codec.toLowerCase() === 'telephone-event' && rate === 8000);

  const setup = media.setup ?? (session as { setup?: string }).setup ?? 'actpass';
  if (setup !== 'active' && setup !== 'passive' && setup !== 'actpass')
    throw new OfferError(`a=setup:${setup} is not a role that can be answered`);

  return {
    ...(media.mid === undefined ? {} : { mid: String(media.mid) }),
    iceUfrag: String(iceUfrag),
    icePwd: String(icePwd),
    fingerprints,
    setup,
    opusPayloadType: opus.payload,
    ...(event ? { eventPayloadType: event.payload } : {}),
    candidates: sdp.split(/\r?\n/).flatMap((text) => {
      const [, line, address] = CANDIDATE.exec(text) ?? [];
      return line && address ? [{ line, address }] : [];
    }),
  };
}

/** True when the offerer can only be reached on this machine's loopback, so that nothing else needs to be opened. */
export function isLoopbackOnly(offer: Offer): boolean {
  return (
    offer.candidates.length > 0 &&
    offer.candidates.every(({ address }) => (isIP(address) === 4 && address.startsWith('127.')) || address === '::1')
  );
}
