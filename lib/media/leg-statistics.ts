import type { Bridge } from './bridge.ts';
import type { IncomingStream } from './incoming-stream.ts';
import type { LiveTasks } from './live-tasks.ts';
import type { LegStatistics } from './media.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import type { RtcpReporter } from './rtcp-reporter.ts';
import { TICKS_PER_MS } from './rtp-clock.ts';
import type { Transport } from './transport.ts';

/** The figures of a leg, put together from its parts. Times in ms. */
export function legStatistics(parts: {
  incoming: IncomingStream;
  outgoing: OutgoingStream;
  reporter: RtcpReporter;
  transport: Transport;
  bridges: Iterable<Bridge>;
  live: LiveTasks;
  /** From the descriptions' exchange to sound both ways. */
  connectMs: number | undefined;
  /** dBov. */
  level: { person: number | undefined; sent: number | undefined };
}): LegStatistics {
  const { incoming, outgoing, reporter, transport, live, connectMs } = parts;
  const { packets, duplicates, lost, jitter } = incoming;
  const { roundTripMs, theirs } = reporter;
  const { undecryptable } = transport.facts();
  const { person, sent } = parts.level;
  const bridges = [...parts.bridges].map((bridge) => bridge.statistics());
  const streams = live.statistics();
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
