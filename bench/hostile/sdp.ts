import { lintSdp } from '../../lib/media/doctor/lint-sdp.ts';
import { MediaError } from '../../lib/media/media.ts';
import { withinReach } from '../../lib/media/remote-address.ts';
import { readSdp } from '../../lib/media/sdp-reader.ts';
import { damaged, type Kind, type Outcome } from './kind.ts';
import { any, noise, numbersOf, pick } from './packets.ts';

const LINES = [
  'v=0',
  'o=- 7203811945566017342 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=ice-lite',
  'm=audio 3480 UDP/TLS/RTP/SAVPF 111 126',
  'c=IN IP4 203.0.113.7',
  'a=candidate:1829340551 1 udp 2113937151 203.0.113.7 3480 typ host generation 0 network-cost 50',
  'a=candidate:990120433 1 udp 2113939711 2001:db8:face::7 3480 typ host generation 0',
  'a=ice-ufrag:Qm3xT7/8',
  'a=ice-pwd:b7Yt0LqVn5RkW2cX+9Hs/uJ==',
  `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => '6E').join(':')}`,
  'a=setup:active',
  'a=mid:0',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 maxplaybackrate=16000;minptime=20;useinbandfec=1',
  'a=ptime:20',
  'a=rtpmap:126 telephone-event/8000',
  'a=ssrc:2596069104 cname:far',
];
const WORDS = [
  '0',
  '-1',
  '65536',
  '4294967296',
  '1e999',
  'NaN',
  '%s',
  '\0',
  '127.0.0.1',
  '::1',
  'x.local',
  '__proto__',
  'constructor',
  'a'.repeat(3000),
  ' '.repeat(2000),
  ':'.repeat(2000),
];

function hostile(next: () => number): string {
  const lines = [...LINES];
  for (let times = any(next, 5); times > 0; times -= 1) {
    const at = any(next, lines.length);
    const how = next();
    if (how < 0.2) lines.splice(at, 1);
    else if (how < 0.4) lines.splice(at, 0, pick(next, LINES));
    else if (how < 0.8) lines[at] = (lines[at] ?? '').replace(/[^\s:=]+$/, () => pick(next, WORDS));
    else lines[at] = (lines[at] ?? '').replace(/\S+/, () => pick(next, WORDS));
  }
  const text = lines.join(pick(next, ['\r\n', '\r\n', '\r\n', '\n', '\r', '\\r\\n']));
  return next() < 0.4 ? damaged(Buffer.from(text), next).toString('latin1') : text;
}

/** SDP as a message brings it: read or refused, and whatever is refused has a fatal finding or the other way round. */
export const sdp: Kind = async (seed) => ({
  one(index): Outcome {
    const next = numbersOf(seed, index);
    const text = next() < 0.03 ? noise(next, any(next, 2000)).toString('latin1') : hostile(next);
    let fatal: boolean;
    try {
      fatal = lintSdp(text, { from: 'them', type: 'answer' }).some(({ level }) => level === 'fatal');
    } catch (error) {
      return { fault: `examined: ${String(error)}` };
    }
    try {
      const { candidates } = withinReach(readSdp(text), {});
      if (candidates.some(({ ip }) => /^(127\.|::1$|10\.)/.test(ip))) return { fault: 'an address within' };
      return fatal ? { fault: 'read in spite of a fatal finding' } : 'taken';
    } catch (error) {
      if (!(error instanceof MediaError) || error.code !== 'media_sdp_invalid') return { fault: String(error) };
      return fatal ? 'refused' : { fault: `refused without a finding: ${error.message}` };
    }
  },
});
