import type { RTCIceGatherer } from 'werift';

type Listener<Arguments extends unknown[]> = (...args: Arguments) => void;

interface IceProtocol {
  onRequestReceived: {
    execute: Listener<[message: { getAttributeValue(name: string): unknown }, address: [string, number], data: Buffer]>;
  };
}

/** Parts of the library's ICE connection that its types keep to themselves. */
export type RTCIceConnection = Pick<RTCIceGatherer['connection'], 'localUsername' | 'localPassword'> & {
  ensureProtocol(protocol: IceProtocol): void;
  protocols: {
    datagramReceived(data: Buffer, address: [string, number]): void;
    transport: { send(data: Buffer, address?: [string, number]): Promise<void> };
  }[];
};
