import type { RTCIceGatherer } from 'werift';

type Listener<Arguments extends unknown[]> = (...args: Arguments) => void;

/** One local address of the connection. */
export interface IceProtocol {
  type: string;
  transport: { send(data: Buffer, address?: [string, number]): Promise<void> };
  connectionMade(useIpv4: boolean, portRange?: [number, number], addresses?: Record<string, string>): Promise<void>;
  close(): Promise<void>;
  datagramReceived(data: Buffer, address: [string, number]): void;
  onRequestReceived: {
    execute: Listener<[message: { getAttributeValue(name: string): unknown }, address: [string, number], data: Buffer]>;
  };
}

/** Parts of the library's ICE connection that its types keep to themselves. */
export type RTCIceConnection = Pick<
  RTCIceGatherer['connection'],
  'localUsername' | 'localPassword' | 'onData' | 'send'
> & {
  ensureProtocol(protocol: IceProtocol): void;
  protocols: IceProtocol[];
  /** Looks for candidates at these addresses and at the configured servers. */
  getCandidatePromises(addresses: string[], seconds?: number): Promise<unknown>[];
  /** The pair that works. */
  nominated?: { protocol: { transport: object }; remoteAddr: readonly [string, number] };
  /** Does the other side still consent (RFC 7675)? */
  canSendApplicationData(): boolean;
};
