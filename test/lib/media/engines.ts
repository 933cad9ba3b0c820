import type { LegOptions, MediaEngineName } from '../../../lib/media/media.ts';

/** Both WebRTC libraries, on loopback. What is shown of a leg is shown with each. */
export const ENGINES: { name: MediaEngineName; native: boolean; options: LegOptions & { bindAddress: string } }[] = [
  { name: 'werift', native: false, options: { bindAddress: '127.0.0.1' } },
  { name: 'node-datachannel', native: true, options: { bindAddress: '127.0.0.1', engine: 'node-datachannel' } },
];
