import { strict as assert } from 'node:assert';
import { createSocket } from 'node:dgram';
import { createMediaEngine } from '../../../lib/media/engine.ts';
import { within } from '../../../lib/media/within.ts';
import { answerAsMeta, reaches } from './fake-meta.ts';

describe('a stranger who knows the port of a call', function () {
  this.timeout(60_000);

  it('cannot make the media stand still with a header extension that is longer than its packet', async () => {
    const engine = createMediaEngine();
    const stranger = createSocket('udp4');
    try {
      const leg = await engine.createLeg('call', { bindAddress: '127.0.0.1' });
      const offer = await leg.createOffer();
      const meta = await answerAsMeta(offer, 'active');
      await leg.applyAnswer(meta.answer);
      await Promise.all([reaches(leg, 'connected'), meta.connected]);
      const port = Number(/m=audio (\d+)/.exec(offer)?.[1]);
      for (const profile of ['bede', '1000', '1234']) {
        const data = Buffer.from(`906f15000003c00000000001${profile}ffff04b1dadda43bda523b01c0d6b074679b51`, 'hex');
        for (let times = 0; times < 20; times += 1) stranger.send(data, port, '127.0.0.1');
      }
      for (let index = 0; index < 5; index += 1)
        meta.send({ sequenceNumber: index, timestamp: index * 960, payload: Buffer.from([0xf8, 0xff, 0xfe]) });
      const heard = new Promise<void>((resolve) => leg.on('media', resolve));
      assert.ok(await within(5000, heard), 'the person is heard meanwhile');
      assert.ok(await within(5000, leg.statistics()), 'and the worker answers');
      await leg.close();
      await meta.close();
    } finally {
      stranger.close();
      await engine.close();
    }
  });
});
