import { decodeMuLaw, encodeMuLaw } from '../../lib/media/g711.ts';
import { createOpusDecoder, createOpusEncoder } from '../../lib/media/opus.ts';

/** What transcoding costs at least: libopus and a table, frame by frame as they come, without a jitter buffer. */
export async function bareTranscoder(): Promise<{ toPcmu(opus: Buffer): Buffer; toOpus(pcmu: Buffer): Buffer }> {
  const decoder = await createOpusDecoder({ sampleRate: 8000, channels: 1 });
  const encoder = await createOpusEncoder({ sampleRate: 8000, channels: 1 });
  return {
    toPcmu: (opus) => encodeMuLaw(decoder.decode(opus)),
    toOpus: (pcmu) => Buffer.from(encoder.encode(decodeMuLaw(pcmu))),
  };
}
