import { createMediaEngine } from '../../lib/media/engine.ts';
import type { Leg } from '../../lib/media/media.ts';
import { CODEC, serve, type ToSubject } from './protocol.ts';

const engine = createMediaEngine();
const legs = new Map<number, Leg>();

serve<ToSubject>(async (command) => {
  if (command.do === 'cpu') return process.cpuUsage();
  if (command.do === 'offer') {
    const leg = await engine.createLeg(String(command.call), { bindAddress: '127.0.0.1' });
    legs.set(command.call, leg);
    return leg.createOffer();
  }
  const leg = legs.get(command.call) as Leg;
  const connected = new Promise<void>((resolve) => leg.on('state', (state) => state === 'connected' && resolve()));
  await leg.applyAnswer(command.answer);
  await connected;
  leg.accepted();
  const { local } = await leg.bridge({ codec: CODEC, remote: { address: '127.0.0.1', port: command.rtpPort } }).started;
  return local.port;
});
