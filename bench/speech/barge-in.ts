import { setImmediate as soon } from 'node:timers/promises';
import { LiveTasks } from '../../lib/media/live-tasks.ts';
import type { PlayResult } from '../../lib/media/media.ts';
import { Player } from '../../lib/media/player.ts';
import { toInt16 } from '../../lib/media/resample.ts';
import { wavHeader } from '../../lib/media/wav-writer.ts';
import { made, RATE } from './scenes.ts';

const FRAME_MS = 20;
const FRAME_TICKS = 960;
/** A beat lies between two packets. */
const BEAT_AFTER_MS = 10;

/**
 * A person begins to speak while a prompt plays that speech may cut: through jitter buffer, codec and detector as in a call, on simulated time, so
 * that nothing but they decide.
 *
 * @param packets what the person sends, 20 ms each
 * @param onsetMs where in it the voice begins
 * @returns ms of RTP time from the arrival of the packet with the beginning to the last packet of the prompt; nothing if it was not cut
 */
export async function bargeIn(packets: readonly Buffer[], onsetMs: number): Promise<number | undefined> {
  const player = new Player();
  const live: LiveTasks = new LiveTasks({
    play: (options, report) => player.play(options, report),
    digit: () => undefined,
    speech: ({ event }) => {
      if (event !== 'speech_start') return;
      player.interrupt('speech');
      live.interrupt('speech');
    },
  });
  const seconds = Math.ceil((packets.length * FRAME_MS) / 1000) + 1;
  const tone = toInt16(made(seconds, (t) => 0.3 * Math.sin(2 * Math.PI * 440 * t)));
  const wav = Buffer.concat([wavHeader(RATE, 1, tone.byteLength), Buffer.from(tone.buffer)]);
  let ended: PlayResult | undefined;
  live.play(
    { source: { wav }, interruptBy: ['speech'] },
    {
      started: () => undefined,
      done: (result) => {
        ended = result;
      },
      failed: (error) => {
        throw error;
      },
    },
  );
  player.open(0);
  live.open();
  // The prompt and the decoder are made; the codec itself is there already.
  for (let turns = 0; turns < 50 || !player.playing; turns += 1) await soon();
  let last = 0;
  for (const [index, payload] of packets.entries()) {
    const at = index * FRAME_MS;
    const place = { ssrc: 1, sequenceNumber: index & 0xffff, timestamp: (index * FRAME_TICKS) >>> 0 };
    live.packet({ ...place, payload }, at);
    if (player.next(at + BEAT_AFTER_MS)) last = at + BEAT_AFTER_MS;
    live.beat(at + BEAT_AFTER_MS, false);
    if (ended) break;
  }
  live.close();
  if (ended?.result !== 'interrupted') return undefined;
  return last - Math.floor(onsetMs / FRAME_MS) * FRAME_MS;
}
