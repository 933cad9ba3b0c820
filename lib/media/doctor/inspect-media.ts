import { type LegOptions, MediaError } from '../media.ts';
import { kindOfAddress } from '../remote-address.ts';
import { type LocalCandidate, writeSdp } from '../sdp-writer.ts';
import { WebRtcTransport } from '../webrtc-transport.ts';
import type { Finding } from './finding.ts';
import { lintSdp } from './lint-sdp.ts';

const QUIET = { packet: () => undefined, rtcp: () => undefined, state: () => undefined };
const NOBODY = { sessionId: '1', setup: 'actpass', mid: '0', bundled: true, opusPayloadType: 111 } as const;

/**
 * Examines the media set-up of this machine without a call: opens sockets as a call would (addresses, port range), asks each configured STUN and
 * TURN server by itself, says what the world sees, and examines the offer that a call would send. Asks no server that is not configured.
 *
 * @returns findings, worst first; never throws. Takes up to some seconds per server that does not answer
 */
export async function inspectMedia(options: LegOptions): Promise<Finding[]> {
  const { iceServers = [], ...alone } = options;
  const findings: Finding[] = [];
  const local = await gather(alone, findings);
  if (local) {
    const { candidates, ...rest } = local;
    const sdp = writeSdp({ ...rest, ...NOBODY, candidates, eventPayloadType: 126, ssrc: 1, cname: 'examined' });
    findings.push(...lintSdp(sdp, { from: 'us', type: 'offer' }, options), hosts(candidates));
    for (const server of iceServers) findings.push(await ask(server, options));
  }
  const rank = ['fatal', 'warning', 'info'];
  return findings.sort((one, other) => rank.indexOf(one.level) - rank.indexOf(other.level));
}

type Local = Awaited<ReturnType<WebRtcTransport['gather']>>;

async function gather(options: LegOptions, findings: Finding[]): Promise<Local | undefined> {
  let transport: WebRtcTransport | undefined;
  try {
    transport = await WebRtcTransport.create(options, QUIET);
    return await transport.gather('controlling');
  } catch (error) {
    const [what, next] =
      error instanceof MediaError
        ? [error.message, error.nextStep]
        : ['The sockets could not be opened.', 'Look for a firewall or security module that forbids UDP.'];
    findings.push({ id: 'sockets', level: 'fatal', what, why: 'Without a UDP socket there is no sound.', next });
    return undefined;
  } finally {
    await transport?.close();
  }
}

function hosts(candidates: LocalCandidate[]): Finding {
  const told = candidates.map(({ ip, type }) => `${ip} (${type === 'host' ? kindOfAddress(ip) : 'set as public'})`);
  return {
    id: 'addresses',
    level: 'info',
    what: `A call offers ${told.join(', ')}.`,
    why: 'The other side answers to one of these, or to the address from which our checks come.',
    next: 'Nothing.',
  };
}

type Server = NonNullable<LegOptions['iceServers']>[number];

async function ask(server: Server, options: LegOptions): Promise<Finding> {
  const turn = /^turns?:/i.test(server.urls);
  const failures: Finding[] = [];
  const { publicAddress, ...rest } = options;
  const local = await gather({ ...rest, iceServers: [server] }, failures);
  const got = local?.candidates.find(({ type }) => type === (turn ? 'relay' : 'srflx'));
  if (!got)
    return {
      id: turn ? 'turn_failed' : 'stun_failed',
      level: 'warning',
      what: `${server.urls} gave no address.`,
      why: turn
        ? 'It does not answer, or refuses the user or password.'
        : 'It does not answer, its name is unknown, or UDP does not leave this machine.',
      next: turn
        ? 'Check host, port, user and password.'
        : 'Check host and port, and that the firewall lets UDP out and back.',
    };
  if (!turn && publicAddress !== undefined && publicAddress !== got.ip)
    return {
      id: 'public_address_differs',
      level: 'warning',
      what: `"Public IP" is ${publicAddress}, but ${server.urls} sees this machine as ${got.ip}.`,
      why: 'The other side would send to an address that does not lead here.',
      next: 'Correct "Public IP", or leave it empty.',
    };
  return {
    id: turn ? 'turn_works' : 'stun_works',
    level: 'info',
    what: turn ? `${server.urls} relays by ${got.ip}.` : `${server.urls} sees this machine as ${got.ip}:${got.port}.`,
    why: turn ? 'Calls get through where nothing else does.' : 'That is the address under which the world sees it.',
    next: 'Nothing.',
  };
}
