import { DatachannelTransport } from './datachannel-transport.ts';
import type { LegOptions } from './media.ts';
import type { Transport, TransportEvents } from './transport.ts';
import { WebRtcTransport } from './webrtc-transport.ts';

/** The transport of the WebRTC library that the options name. */
export function createTransport(options: LegOptions, events: TransportEvents): Promise<Transport> {
  return options.engine === 'node-datachannel'
    ? DatachannelTransport.create(options, events)
    : WebRtcTransport.create(options, events);
}
