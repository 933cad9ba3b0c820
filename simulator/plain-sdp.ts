import { randomBytes, randomInt } from 'node:crypto';

/** Below the ports that systems give out by themselves. */
const NOBODY = 9_009;

/**
 * A session description in the style of Meta's relay (meta-cloud-api.md §9.4) with nothing behind it: for runs without
 * media and for calls of a person to the business. Nobody listens at its port of this machine, so no check is answered; it is
 * one that media may have.
 */
export function plainSdp(role: 'offer' | 'answer', setup?: 'active' | 'passive' | 'actpass'): string {
  const ufrag = randomBytes(6).toString('base64');
  const fingerprint = [...randomBytes(32)].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':');
  const ssrc = randomInt(1, 2 ** 32 - 1);
  const mid = role === 'offer' ? 'audio' : '0';
  return [
    'v=0',
    `o=- ${randomInt(1, 2 ** 47)} 2 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mid}`,
    'a=msid-semantic: WMS WhatsAppAudioStream1',
    'a=ice-lite',
    `m=audio ${NOBODY} UDP/TLS/RTP/SAVPF 111 126`,
    'c=IN IP4 127.0.0.1',
    `a=rtcp:${NOBODY} IN IP4 0.0.0.0`,
    `a=candidate:1829340551 1 udp 2113937151 127.0.0.1 ${NOBODY} typ host generation 0 network-cost 50 ufrag ${ufrag}`,
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${randomBytes(18).toString('base64')}`,
    'a=ice-options:trickle',
    `a=fingerprint:sha-256 ${fingerprint}`,
    `a=setup:${setup ?? (role === 'offer' ? 'actpass' : 'active')}`,
    `a=mid:${mid}`,
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-fb:111 transport-cc',
    'a=fmtp:111 maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;useinbandfec=1',
    'a=ptime:20',
    'a=maxptime:20',
    'a=rtpmap:126 telephone-event/8000',
    `a=ssrc:${ssrc} cname:WhatsAppAudioStream1`,
    `a=ssrc:${ssrc} msid:WhatsAppAudioStream1 WhatsAppTrack1`,
    '',
  ].join('\r\n');
}
