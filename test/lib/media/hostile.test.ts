import { strict as assert } from 'node:assert';
import { rtcp } from '../../../bench/hostile/rtcp.ts';
import { rtp } from '../../../bench/hostile/rtp.ts';
import { sdp } from '../../../bench/hostile/sdp.ts';
import { stun } from '../../../bench/hostile/stun.ts';
import { hostileWav, wav } from '../../../bench/hostile/wav.ts';
import { wavFile } from '../../../bench/hostile/wav-file.ts';
import { MediaError } from '../../../lib/media/media.ts';
import { openPrompt } from '../../../lib/media/prompt.ts';
import { openWav } from '../../../lib/media/wav-reader.ts';

/** The same attacks as in the bench, fewer of them. */
describe('hostile input', function () {
  this.timeout(60_000);
  for (const [name, kind, cases] of [
    ['WAV files in memory', wav, 5000],
    ['WAV files on the disk', wavFile, 300],
    ['RTP', rtp, 5000],
    ['RTCP', rtcp, 5000],
    ['STUN', stun, 5000],
    ['SDP', sdp, 5000],
  ] as const)
    it(`${name}: read or refused, ${cases} times`, async () => {
      const attack = await kind(20_261_121);
      const outcomes = { taken: 0, refused: 0 };
      for (let index = 0; index < cases; index += 1) {
        const outcome = await attack.one(index);
        assert.ok(typeof outcome === 'string', `case ${index}: ${JSON.stringify(outcome)}`);
        outcomes[outcome] += 1;
      }
      await attack.close?.();
      assert.ok(outcomes.taken > cases / 20 && outcomes.refused > cases / 20, JSON.stringify(outcomes));
    });

  it('WAV files that are played: every packet is made, 200 times', async () => {
    let played = 0;
    for (let index = 0; index < 200; index += 1) {
      try {
        const prompt = await openPrompt(openWav(hostileWav(7, index)), 16_000, 2);
        for (let packet = prompt.next(); packet !== undefined; packet = prompt.next()) assert.ok(packet.length > 0);
        prompt.free();
        played += 1;
      } catch (error) {
        if (!(error instanceof MediaError)) throw error;
      }
    }
    assert.ok(played > 40, `${played} were played`);
  });
});
