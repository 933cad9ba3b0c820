import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createMediaEngine } from '../../lib/media/engine.ts';
import type { Leg, MediaEngineName } from '../../lib/media/media.ts';
import { figures } from './figures.ts';
import { CODEC, serve, type ToSubject } from './protocol.ts';

/** The media worker as the nodes use it; the main thread does what a flow engine does, which is nothing, or blocks. */
const engine = createMediaEngine();
const legs = new Map<number, Leg>();
const name = (process.env.BENCH_ENGINE ?? 'werift') as MediaEngineName;
const root = process.env.BENCH_RECORD ?? '';
const delay = monitorEventLoopDelay({ resolution: 1 });

/** The worker runs before the first figures are taken: what it takes itself belongs to no call. */
const warm = engine.createLeg('warm', { bindAddress: '127.0.0.1', engine: name }).then(async (leg) => {
  await leg.createOffer();
  await leg.close();
});

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

serve<ToSubject>(async (command) => {
  switch (command.do) {
    case 'figures':
      await warm;
      return figures();
    case 'block':
      setInterval(() => block(command.ms), command.everyMs);
      return undefined;
    case 'delay':
      if (command.from === 'now') {
        delay.reset();
        delay.enable();
      }
      return { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 };
    case 'offer': {
      const leg = await engine.createLeg(String(command.call), { bindAddress: '127.0.0.1', engine: name });
      legs.set(command.call, leg);
      return leg.createOffer();
    }
    case 'connect': {
      const leg = legs.get(command.call) as Leg;
      const begun = performance.now();
      const connected = new Promise<void>((resolve) => leg.on('state', (state) => state === 'connected' && resolve()));
      await leg.applyAnswer(command.answer);
      await connected;
      const ms = performance.now() - begun;
      leg.accepted();
      if (root !== '') await leg.record({ root, name: `${command.call}.wav` }).started;
      const remote = { address: '127.0.0.1', port: command.rtpPort };
      const { local } = await leg.bridge({ codec: CODEC, remote }).started;
      return { port: local.port, ms };
    }
  }
});
process.prependListener('disconnect', () => void engine.close().then(() => process.exit()));
