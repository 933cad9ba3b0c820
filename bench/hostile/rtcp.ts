import { IncomingStream } from '../../lib/media/incoming-stream.ts';
import { readByes } from '../../lib/media/rtcp-bye.ts';
import { RtcpReporter } from '../../lib/media/rtcp-reporter.ts';
import { isRtcp } from '../../lib/media/rtp-datagram.ts';
import { loadWerift } from '../../lib/media/webrtc-transport.ts';
import { damaged, type Kind, type Outcome } from './kind.ts';
import { any, goodRtcp, noise, numbersOf } from './packets.ts';

/** RTCP: told from RTP, searched for goodbyes, read, reported on, and answered with a report that can be written. */
export const rtcp: Kind = async (seed) => {
  const werift = await loadWerift();
  const outgoing = { ssrc: 5, packets: 100, octets: 5000, timestampAt: () => 960 };
  const incoming = new IncomingStream();
  incoming.accept({ ssrc: 1, sequenceNumber: 1, timestamp: 1 }, 0);
  const reporter = new RtcpReporter(werift, outgoing, incoming, 'hostile');
  let at = 0;
  return {
    one(index): Outcome {
      const next = numbersOf(seed, index);
      const how = next();
      const data =
        how < 0.05 ? noise(next, any(next, 100)) : how < 0.2 ? goodRtcp(next) : damaged(goodRtcp(next), next);
      // Reports about our own stream are the ones that are read on.
      if (data.length >= 12 && next() < 0.5) data.writeUInt32BE(5, 8);
      at += 5;
      try {
        if (!isRtcp(data)) return 'refused';
        const sources = readByes(data);
        if (sources.length * 4 > data.length) return { fault: 'more sources than bytes' };
        let packets: ReturnType<typeof werift.RtcpPacketConverter.deSerialize> = [];
        try {
          packets = werift.RtcpPacketConverter.deSerialize(data);
        } catch {
          // The library's transport drops what its reader does not like.
        }
        for (const packet of packets) reporter.receive(packet, at);
        const { roundTripMs = 0, theirs } = reporter;
        if (!(roundTripMs >= 0 && roundTripMs < 60_000)) return { fault: `a round trip of ${roundTripMs} ms` };
        if (theirs && !(theirs.fractionLost >= 0 && theirs.fractionLost < 1)) return { fault: 'a share above all' };
        for (const report of reporter.due(at) ?? [])
          if (report.serialize().length % 4 !== 0) return { fault: 'odd report' };
        return packets.length > 0 || sources.length > 0 ? 'taken' : 'refused';
      } catch (error) {
        return { fault: String(error) };
      }
    },
  };
};
