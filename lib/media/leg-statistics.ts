import type { IncomingStream } from './incoming-stream.ts';
import type { BridgeStatistics, LegStatistics, StreamStatistics } from './media.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import type { RtcpReporter } from './rtcp-reporter.ts';
import { TICKS_PER_MS } from './rtp-clock.ts';
import type { Transport } from './transport.ts';

/** The figures of a leg's sound. Levels in dBov. */
export interface SoundParts {
  incoming: IncomingStream;
  outgoing: OutgoingStream;
  bridges: BridgeStatistics[];
  streams: StreamStatistics[];
  level: { person: number | undefined; sent: number | undefined };
}

/** The figures of a leg, put together from its parts. Times in ms. @param connectMs from the descriptions' exchange to sound both ways */
export function legStatistics(
  { incoming, outgoing, bridges, streams, level: { person, sent } }: SoundParts,
  { reporter, transport, connectMs }: { reporter: RtcpReporter; transport: Transport; connectMs: number | undefined },
): LegStatistics {
  const { packets, duplicates, lost, jitter } = incoming;
  const { roundTripMs, theirs } = reporter;
  const { undecryptable } = transport.facts();
  return {
    packetsReceived: packets,
    packetsSent: outgoing.packets,
    packetsLost: lost,
    duplicates,
    jitterMs: jitter / TICKS_PER_MS,
    codec: 'opus/48000/2',
    ...(roundTripMs === undefined ? {} : { roundTripMs }),
    ...(theirs && {
      farSide: { lost: theirs.lost, fractionLost: theirs.fractionLost, jitterMs: theirs.jitter / TICKS_PER_MS },
    }),
    ...(bridges.length > 0 && { bridges }),
    ...(streams.length > 0 && { streams }),
    ...(connectMs !== undefined && { connectMs }),
    ...((person !== undefined || sent !== undefined) && {
      level: { ...(person !== undefined && { person }), ...(sent !== undefined && { sent }) },
    }),
    ...(undecryptable > 0 && { undecryptable }),
    ...transport.describe(),
  };
}
