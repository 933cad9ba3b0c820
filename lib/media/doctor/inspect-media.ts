import { type LegOptions, MediaError } from '../media.ts';
import { kindOfAddress } from '../remote-address.ts';
import { type LocalCandidate, writeSdp } from '../sdp-writer.ts';
import { WebRtcTransport } from '../webrtc-transport.ts';
import type { Finding } from './finding.ts';
import { lintSdp } from './lint-sdp.ts';
import { type Probed, probeServer } from './probe-server.ts';

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
    findings.push(...lintSdp(sdp, { from: 'us', type: 'offer' }, alone), hosts(candidates));
    findings.push(...(await Promise.all(iceServers.map((server) => ask(server, options)))));
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

/** `turn:host:port`; without a port 3478 (RFC 7065, RFC 7064). */
const SERVER_URL = /^(stun|turn):(\[[0-9a-f:.]+\]|[^:?[\]]+)(?::(\d{1,5}))?(?:\?transport=udp)?$/i;

async function ask(server: Server, options: LegOptions): Promise<Finding> {
  const [, scheme = '', host = '', port = '3478'] = SERVER_URL.exec(server.urls) ?? [];
  if (scheme === '') return unreadable(server);
  const turn = scheme.toLowerCase() === 'turn';
  const { username, credential } = server;
  const { bindAddress, publicAddress } = options;
  const probed = await probeServer({
    kind: turn ? 'turn' : 'stun',
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port),
    ...(username !== undefined && { username }),
    ...(credential !== undefined && { credential }),
    ...(bindAddress !== undefined && { bindAddress }),
  });
  if (probed.result !== 'works')
    return { id: turn ? 'turn_failed' : 'stun_failed', level: 'warning', ...failure(probed, server.urls, turn) };
  const { ip } = probed;
  if (!turn && publicAddress !== undefined && publicAddress !== ip)
    return {
      id: 'public_address_differs',
      level: 'warning',
      what: `"Public IP" is ${publicAddress}, but ${server.urls} sees this machine as ${ip}.`,
      why: 'The other side would send to an address that does not lead here.',
      next: 'Correct "Public IP", or leave it empty.',
    };
  return {
    id: turn ? 'turn_works' : 'stun_works',
    level: 'info',
    what: turn ? `${server.urls} relays by ${ip}.` : `${server.urls} sees this machine as ${ip}:${probed.port}.`,
    why: turn ? 'Calls get through where nothing else does.' : 'That is the address under which the world sees it.',
    next: 'Nothing.',
  };
}

function unreadable({ urls }: Server): Finding {
  return {
    id: 'server_invalid',
    level: 'warning',
    what: `${urls} is no STUN or TURN server over UDP.`,
    why: 'Only such servers are asked: stun:host:port and turn:host:port.',
    next: 'Correct the server of the number.',
  };
}

/** Why a server is of no use, in plain words. */
function failure(
  probed: Exclude<Probed, { result: 'works' }>,
  urls: string,
  turn: boolean,
): Pick<Finding, 'what' | 'why' | 'next'> {
  const kind = turn ? 'TURN' : 'STUN';
  switch (probed.result) {
    case 'name_unknown':
      return {
        what: `Nobody knows the name in ${urls}.`,
        why: 'The name is misspelt, or this machine cannot ask for names (DNS).',
        next: 'Check the host.',
      };
    case 'nobody_listens':
      return {
        what: `The machine of ${urls} says that nobody listens there.`,
        why: `The ${kind} server does not run, or uses another port.`,
        next: 'Check the port, and whether the server runs.',
      };
    case 'silent':
      return {
        what: `${urls} does not answer.`,
        why: 'Nothing came back within some seconds: the address is wrong, or UDP does not get through.',
        next: 'Check host and port, and that the firewall lets UDP out and back.',
      };
    case 'credentials_missing':
      return {
        what: `${urls} wants a user and a password.`,
        why: 'Without both it relays for nobody.',
        next: 'Enter "TURN user" and "TURN password" of the number.',
      };
    case 'credentials_wrong':
      return {
        what: `${urls} is there, but does not take the user or the password.`,
        why: 'They are wrong, or were valid for a limited time that is over.',
        next: 'Correct "TURN user" and "TURN password" of the number.',
      };
    case 'refused':
      return {
        what: `${urls} is there, but refuses (${probed.code}${probed.reason === '' ? '' : ` ${probed.reason}`}).`,
        why: turn ? 'Its rules, or how many relays it gives, do not allow one for us.' : 'It does not tell addresses.',
        next: 'Ask whoever runs the server, with this number.',
      };
  }
}
