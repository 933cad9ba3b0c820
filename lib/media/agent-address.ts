import { BlockList, isIP, isIPv6 } from 'node:net';
import { allowedHosts } from './allowed-hosts.ts';
import { MediaError } from './media.ts';
import type { AgentOptions } from './stream-options.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function onThisMachine(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (bare === 'localhost') return true;
  return isIP(bare) !== 0 && LOOPBACK.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4');
}

function refused(message: string, nextStep: string): MediaError {
  return new MediaError('media_address_refused', message, nextStep);
}

/**
 * Where an agent is to be connected: a WebSocket address without a password in it, on an allowed host, and encrypted if a token goes along, unless it
 * stays on this machine.
 *
 * @throws MediaError `media_address_refused`; nothing of it but the host is ever told
 */
export function agentAddress({ url, headers = {}, allowedDestinations }: AgentOptions): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['ws:', 'wss:'].includes(parsed.protocol) || parsed.hostname === '')
    throw refused('The address of the agent is no WebSocket address.', 'Write it like wss://agent.example.com/call.');
  if (parsed.username !== '' || parsed.password !== '')
    throw refused('The address of the agent has a password in it.', 'Put it into the token of the node.');
  if (allowedDestinations && !allowedHosts(allowedDestinations)(parsed.hostname))
    throw refused(
      `The agent's host ${parsed.hostname} is not among the allowed destinations.`,
      'Add it to the allowed destinations of the stream.',
    );
  if (parsed.protocol === 'ws:' && Object.keys(headers).length > 0 && !onThisMachine(parsed.hostname))
    throw refused(
      `The token would go to ${parsed.hostname} in clear.`,
      'Use wss:// for an agent on another machine, or no token.',
    );
  for (const [name, value] of Object.entries(headers))
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[^\t\x20-\x7e]/.test(value))
      throw refused(
        'The token or its header has characters that no header can have.',
        'Correct the token of the node.',
      );
  parsed.hash = '';
  return parsed;
}
