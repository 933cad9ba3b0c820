import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from 'werift';
import { loadWerift } from '../webrtc-transport.ts';

export interface ProbedServer {
  kind: 'stun' | 'turn';
  host: string;
  port: number;
  username?: string;
  credential?: string;
  /** The local address to ask from. */
  bindAddress?: string;
}

/** What a STUN or TURN server said. `works`: where it sees us (STUN), or relays for us (TURN). */
export type Probed =
  | { result: 'works'; ip: string; port: number }
  | { result: 'name_unknown' | 'nobody_listens' | 'silent' | 'credentials_missing' | 'credentials_wrong' }
  | { result: 'refused'; code: number; reason: string };

/** How long each repetition of a question is waited for (RFC 8489 §6.2.1 doubles, too). After the last one nobody answers. */
const WAITS_MS = [500, 1000, 2000];
const UDP = 17 << 24;
const UNAUTHORIZED = 401;
/** Only asked for: what is given back at once needs no long life. */
const LIFETIME_SECONDS = 600;

type Signature = { username: string; realm: string; nonce: Buffer; key: Buffer };

/**
 * Asks a STUN or TURN server over UDP what a call would ask: for our address, or for a relay, which is given back at once. The WebRTC library
 * itself cannot tell a wrong password from a server that is not there: it drops the refusal, which is not signed, and repeats for 12 s.
 *
 * @returns within some seconds; never throws
 */
export async function probeServer(server: ProbedServer): Promise<Probed> {
  const { host, port, bindAddress } = server;
  const socket = createSocket(isIPv6(bindAddress ?? host) ? 'udp6' : 'udp4');
  const gone = new AbortController();
  // What is refused on the way comes as an error of the socket, at any time.
  const fault = once(socket, 'error', { signal: gone.signal }).then(([error]) => Promise.reject(error));
  try {
    return await Promise.race([fault, question(socket, server, port, host, bindAddress)]);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ECONNREFUSED') return { result: 'nobody_listens' };
    return { result: code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'name_unknown' : 'silent' };
  } finally {
    fault.catch(() => undefined);
    gone.abort();
    socket.close();
  }
}

async function question(
  socket: Socket,
  server: ProbedServer,
  port: number,
  host: string,
  bindAddress: string | undefined,
): Promise<Probed> {
  if (bindAddress !== undefined) {
    socket.bind({ address: bindAddress, port: 0 });
    await once(socket, 'listening');
  }
  // Connected: the system then tells when nobody listens there, and nobody else can answer.
  await new Promise<void>((resolve, reject) => {
    socket.connect(port, host, ((error?: Error) => (error ? reject(error) : resolve())) as () => void);
  });
  return server.kind === 'turn' ? allocate(socket, server) : bind(socket);
}

async function bind(socket: Socket): Promise<Probed> {
  const { Message, methods, classes } = await loadWerift();
  return read(await ask(socket, new Message(methods.BINDING, classes.REQUEST)), 'XOR-MAPPED-ADDRESS');
}

/** RFC 8656 §7: the refusal of an unsigned question brings the realm and the nonce to sign with. */
async function allocate(socket: Socket, { username = '', credential = '' }: ProbedServer): Promise<Probed> {
  const { Message, methods, classes, makeIntegrityKey } = await loadWerift();
  const wish = (signature?: Signature): Message => {
    const message = new Message(methods.ALLOCATE, classes.REQUEST);
    message.setAttribute('LIFETIME', LIFETIME_SECONDS).setAttribute('REQUESTED-TRANSPORT', UDP);
    return signature ? signed(message, signature) : message;
  };
  const first = await ask(socket, wish());
  if (errorOf(first)?.code !== UNAUTHORIZED) return read(first, 'XOR-RELAYED-ADDRESS');
  if (username === '' || credential === '') return { result: 'credentials_missing' };
  const realm = String(first?.getAttributeValue('REALM') ?? '');
  const nonce = first?.getAttributeValue('NONCE') as Buffer;
  const signature = { username, realm, nonce, key: makeIntegrityKey(username, realm, credential) };
  const second = await ask(socket, wish(signature));
  if (errorOf(second)?.code === UNAUTHORIZED) return { result: 'credentials_wrong' };
  const found = read(second, 'XOR-RELAYED-ADDRESS');
  if (found.result === 'works') {
    const back = new Message(methods.REFRESH, classes.REQUEST);
    back.setAttribute('LIFETIME', 0);
    await ask(socket, signed(back, signature));
  }
  return found;
}

function signed(message: Message, { username, realm, nonce, key }: Signature): Message {
  message.setAttribute('USERNAME', username).setAttribute('REALM', realm).setAttribute('NONCE', nonce);
  return message.addMessageIntegrity(key).addFingerprint();
}

function read(answer: Message | undefined, attribute: 'XOR-MAPPED-ADDRESS' | 'XOR-RELAYED-ADDRESS'): Probed {
  if (!answer) return { result: 'silent' };
  const address = answer.getAttributeValue(attribute) as [string, number] | undefined;
  if (address) return { result: 'works', ip: address[0], port: address[1] };
  return { result: 'refused', ...(errorOf(answer) ?? { code: 0, reason: 'without an address' }) };
}

function errorOf(answer: Message | undefined): { code: number; reason: string } | undefined {
  const [code, reason] = (answer?.getAttributeValue('ERROR-CODE') ?? []) as [number?, string?];
  // Of a stranger's sentence only what a person can read, and not much of it.
  return code === undefined ? undefined : { code, reason: (reason ?? '').replace(/[^ -~]/g, '').slice(0, 60) };
}

/** @returns the answer to this question, or nothing if there is none */
async function ask(socket: Socket, message: Message): Promise<Message | undefined> {
  const { parseMessage } = await loadWerift();
  const answered = Promise.withResolvers<Message>();
  const listener = (data: Buffer): void => {
    try {
      const answer = parseMessage(data);
      if (answer?.transactionIdHex === message.transactionIdHex) answered.resolve(answer);
    } catch {
      // No STUN.
    }
  };
  socket.on('message', listener);
  const done = new AbortController();
  try {
    for (const wait of WAITS_MS) {
      socket.send(message.bytes);
      const answer = await Promise.race([
        answered.promise,
        sleep(wait, undefined, { signal: done.signal }).catch(() => undefined),
      ]);
      if (answer) return answer;
    }
    return undefined;
  } finally {
    done.abort();
    socket.off('message', listener);
  }
}
