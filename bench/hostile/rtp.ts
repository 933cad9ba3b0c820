import { IncomingStream } from '../../lib/media/incoming-stream.ts';
import { Keypad } from '../../lib/media/keypad.ts';
import { opusRests, opusTicks } from '../../lib/media/opus-duration.ts';
import { readRtp, rtpHeaderLength } from '../../lib/media/rtp-datagram.ts';
import { rescaleEvent } from '../../lib/media/telephone-event.ts';
import { loadWerift } from '../../lib/media/webrtc-transport.ts';
import { damaged, type Kind, type Outcome } from './kind.ts';
import { any, goodRtp, noise, numbersOf } from './packets.ts';

/** RTP: what a bridge's socket hands on, and what is left of a leg's packet once it was decrypted; as far as bookkeeping and keys. */
export const rtp: Kind = async (seed) => {
  const { RtpPacket } = await loadWerift();
  const stream = new IncomingStream();
  const keypad = new Keypad();
  let at = 0;

  function take(
    packet: { ssrc: number; sequenceNumber: number; timestamp: number },
    payload: Buffer,
  ): string | undefined {
    stream.accept(packet, at);
    for (const { durationMs } of keypad.packet(packet.timestamp, payload, at))
      if (!(durationMs >= 0)) return 'a key of no duration';
    rescaleEvent(payload, 8, 48);
    const ticks = opusTicks(payload);
    if (ticks !== undefined && !(ticks >= 0 && ticks <= 5760)) return `${ticks} ticks of sound`;
    opusRests(payload);
    const { fractionLost, packetsLost } = stream.report();
    const sound = stream.lost >= 0 && packetsLost >= 0 && fractionLost >= 0 && fractionLost < 256;
    return sound && Number.isFinite(stream.jitter) && stream.jitter >= 0 ? undefined : 'figures that make no sense';
  }

  return {
    one(index): Outcome {
      const next = numbersOf(seed, index);
      const how = next();
      const data = how < 0.05 ? noise(next, any(next, 100)) : how < 0.15 ? goodRtp(next) : damaged(goodRtp(next), next);
      at += 5;
      try {
        const packet = readRtp(data);
        if (packet && packet.payload.length > data.length) return { fault: 'more payload than packet' };
        let fault = packet && take(packet, packet.payload);
        let decrypted: InstanceType<typeof RtpPacket> | undefined;
        try {
          // As the leg does before the library sees a packet.
          if (rtpHeaderLength(data) !== undefined) decrypted = RtpPacket.deSerialize(data);
        } catch {
          // The library's transport drops what its reader does not like.
        }
        if (decrypted) fault ??= take(decrypted.header, decrypted.payload);
        return fault === undefined ? (packet ? 'taken' : 'refused') : { fault };
      } catch (error) {
        return { fault: String(error) };
      }
    },
  };
};
