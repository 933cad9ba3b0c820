import { figures } from './figures.ts';
import { serve, type ToSubject } from './protocol.ts';
import { speechFrames } from './speech.ts';
import { bareTranscoder } from './transcoder.ts';

/** No network at all: each call decodes and encodes 50 frames a second. Nothing that transcodes with this codec can be cheaper. */
const calls: Awaited<ReturnType<typeof bareTranscoder>>[] = [];
const speech = speechFrames();
const start = performance.now();
let step = 0;

async function run(): Promise<void> {
  const frames = await speech;
  for (; start + step * 20 <= performance.now(); step += 1)
    for (const { toPcmu, toOpus } of calls) {
      toPcmu(frames.opus[step % frames.opus.length] as Buffer);
      toOpus(frames.pcmu[step % frames.pcmu.length] as Buffer);
    }
  setTimeout(() => void run(), Math.max(0, start + step * 20 - performance.now()));
}
void run();

serve<ToSubject>(async (command) => {
  if (command.do === 'figures') return figures();
  if (command.do === 'connect') calls.push(await bareTranscoder());
  return command.do === 'connect' ? { port: 0, ms: 0 } : '0';
});
