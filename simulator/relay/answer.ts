import { randomBytes } from 'node:crypto';
import type { Setup } from '../relay-contract.ts';
import type { Offer } from './offer.ts';

/** Our end of one leg, as the answer describes it. */
export interface AnsweringEnd {
  /** IPv4 addresses, all with the same port; the first stands in `c=`. */
  addresses: string[];
  port: number;
  iceUfrag: string;
  icePwd: string;
  /** The one sha-256 fingerprint. */
  fingerprint: string;
  setup: Setup;
  ssrc: number;
}

/** Payload type of DTMF when the offer names none (meta-cloud-api.md §9.1 rule 4). */
export const DEFAULT_EVENT_PAYLOAD_TYPE = 126;

/**
 * ICE credentials of the kind seen from Meta: base64, so with `/` and `+` (always both in the ufrag here, so that no parser
 * of ours gets away with a narrower alphabet) and with `==` at the end of the password (media-measurements.md §3.3).
 */
export function metaIceCredentials(): { iceUfrag: string; icePwd: string } {
  const letters = randomBytes(6).toString('base64').replace(/[+/=]/g, 'x');
  return {
    iceUfrag: `${letters.slice(0, 3)}+${letters.slice(3, 6)}/${letters.slice(6)}`,
    icePwd: randomBytes(16).toString('base64'),
  };
}

/** Plain letters and digits for the browser, which has no need of surprises. */
export function plainIceCredentials(): { iceUfrag: string; icePwd: string } {
  return { iceUfrag: randomBytes(4).toString('hex'), icePwd: randomBytes(16).toString('hex') };
}

function eventPayloadType(offer: Mirrored): number {
  return offer.eventPayloadType ?? DEFAULT_EVENT_PAYLOAD_TYPE;
}

function candidates(end: AnsweringEnd): string[] {
  return end.addresses.map((address, index) => {
    const priority = 126 * 2 ** 24 + (65535 - index) * 2 ** 8 + 255;
    return `a=candidate:${1829340551 + index} 1 udp ${priority} ${address} ${end.port} typ host generation 0 network-cost 50 ufrag ${end.iceUfrag}`;
  });
}

type Mirrored = Pick<Offer, 'mid' | 'opusPayloadType' | 'eventPayloadType'>;

function answer(offer: Mirrored, end: AnsweringEnd, labels: { stream: string; track: string; fmtp: string }): string {
  const [address = '127.0.0.1'] = end.addresses;
  const opus = offer.opusPayloadType;
  const event = eventPayloadType(offer);
  const lines = [
    'v=0',
    `o=- ${randomBytes(8).readBigUInt64BE() >> 1n} 2 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    ...(offer.mid === undefined ? [] : [`a=group:BUNDLE ${offer.mid}`]),
    `a=msid-semantic: WMS ${labels.stream}`,
    'a=ice-lite',
    `m=audio ${end.port} UDP/TLS/RTP/SAVPF ${opus} ${event}`,
    `c=IN IP4 ${address}`,
    'a=rtcp:9 IN IP4 0.0.0.0',
    ...candidates(end),
    `a=ice-ufrag:${end.iceUfrag}`,
    `a=ice-pwd:${end.icePwd}`,
    'a=ice-options:trickle',
    `a=fingerprint:sha-256 ${end.fingerprint}`,
    `a=setup:${end.setup}`,
    ...(offer.mid === undefined ? [] : [`a=mid:${offer.mid}`]),
    'a=sendrecv',
    'a=rtcp-mux',
    `a=rtpmap:${opus} opus/48000/2`,
    `a=rtcp-fb:${opus} transport-cc`,
    `a=fmtp:${opus} ${labels.fmtp}`,
    'a=ptime:20',
    'a=maxptime:20',
    `a=rtpmap:${event} telephone-event/8000`,
    `a=ssrc:${end.ssrc} cname:${labels.stream}`,
    `a=ssrc:${end.ssrc} msid:${labels.stream} ${labels.track}`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** The answer to the business, of the shape in meta-cloud-api.md §9.4. IPv4 only: the relay opens no IPv6 socket. */
export function metaAnswer(offer: Offer, end: AnsweringEnd): string {
  return answer(offer, end, {
    stream: 'WhatsAppAudioStream1',
    track: 'WhatsAppTrack1',
    fmtp: 'maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;useinbandfec=1',
  });
}

/** What the relay offers to the business when a person calls it (meta-cloud-api.md §9.4: `mid:audio`, payload types 111 and 126). */
export const OFFERED: Mirrored = { mid: 'audio', opusPayloadType: 111, eventPayloadType: 126 };

/** The offer itself. Only the roles in it differ from an answer: whoever gets it decides who begins with DTLS. */
export function metaOffer(end: Omit<AnsweringEnd, 'setup'>): string {
  return metaAnswer(OFFERED as Offer, { ...end, setup: 'actpass' });
}

/** The answer to the person's browser. The same low Opus rate, so that the business hears what WhatsApp would deliver. */
export function phoneAnswer(offer: Offer, end: AnsweringEnd): string {
  return answer(offer, end, {
    stream: 'business',
    track: 'voice',
    fmtp: 'maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;useinbandfec=1',
  });
}

/** Payload types to use towards the offerer. */
export function payloadTypes(offer: Mirrored): { opus: number; event: number } {
  return { opus: offer.opusPayloadType, event: eventPayloadType(offer) };
}
