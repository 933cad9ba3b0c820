import { strict as assert } from 'node:assert';
import path from 'node:path';
import { correlatePieces, type Match, readWav, speechLike, writeWav } from '../browser/audio.ts';
import { callFlow, placeCall, type Written, written } from './call-flow.ts';
import { Cloud } from './cloud.ts';
import { NodeRedProcess } from './node-red-process.ts';

const ANA = '5511955500123';
const PIECE_SECONDS = 0.25;

/**
 * The person is an echo: what we send comes back at once, untouched. The right channel holds it at the moment for which
 * it was sent, the left one at the moment at which it came back, so the delay between them is the path there and back plus
 * every error of ours. The path is the least that physics leaves: two datagrams over loopback, encrypted and decrypted
 * twice, and one turn of the event loop on each side: a few milliseconds. No codec and no jitter buffer lies on it.
 */
describe('both channels of a recording', function () {
  this.timeout(120_000);
  let cloud: Cloud;
  let red: NodeRedProcess;
  let log: string;

  before(async () => {
    cloud = await Cloud.start({ pace: 0.3 });
    red = await NodeRedProcess.start();
    log = path.join(red.userDir, 'told.jsonl');
  });
  after(async () => {
    await red?.stop();
    await cloud?.close();
  });

  async function recorded(mark: string, sound: string): Promise<string> {
    const { control } = cloud.simulator;
    await red.deploy(callFlow(cloud.config(), log, sound));
    await cloud.serve(red);
    const lines = async (what: string): Promise<Written[]> =>
      (await written(log)).filter((line) => line.mark === mark && line.what === what);
    const told = (what: string) => cloud.until(what, async () => (await lines(what)).length > 0, red);
    const before = cloud.answered.length;
    await control.do('permission', { user: ANA, answer: 'profile_permanent' });
    await control.do('script', { user: ANA, script: 'answers', afterSeconds: 2, voice: { kind: 'echo' } });
    await cloud.until('the grant arrived', () => cloud.answered.length > before, red);
    await placeCall(red, ANA, mark);
    await told('played');
    await control.do('call/hangup', { user: ANA });
    await told('recorded');
    const [{ recording } = {}] = await lines('recorded');
    return recording?.file ?? assert.fail('no recording');
  }

  /** Seconds from the right to the left channel, piece by piece. */
  async function delays(file: string): Promise<Match[]> {
    const { sampleRate, channels } = await readWav(file);
    const [left, right] = channels;
    assert.ok(left && right);
    const loud = (sample: number) => Math.abs(sample) > 0.02;
    const from = right.findIndex(loud);
    const sound = right.subarray(from, right.findLastIndex(loud) + 1);
    // What came back before the sound can only be silence: places before it need no search.
    return correlatePieces(sound, left.subarray(from), sampleRate, PIECE_SECONDS);
  }

  function assertAligned(pieces: Match[], least: number): void {
    const milliseconds = pieces.map(({ lagSeconds }) => lagSeconds * 1000);
    const [first, last] = [Math.min(...milliseconds), Math.max(...milliseconds)];
    console.log(`      ${pieces.length} pieces, right to left ${first.toFixed(2)} to ${last.toFixed(2)} ms`);
    assert.ok(pieces.length >= least, `only ${pieces.length} pieces`);
    const told = milliseconds.map((value) => value.toFixed(1)).join(' ');
    for (const { score } of pieces) assert.ok(score > 0.9, `a piece is not the same in both channels: ${score}`);
    // A sound cannot come back before it was sent; half a millisecond is what the resampling of a drift may round.
    assert.ok(first > -0.5, `the echo comes before the sound: ${told}`);
    assert.ok(last < 20, `more than 20 ms apart: ${told}`);
    assert.ok(last - first < 10, `the delay is not constant: ${told}`);
  }

  it('keep the greeting and its echo together', async () => {
    assertAligned(await delays(await recorded('greeting', '')), 11);
  });

  it('keep together for ten seconds, too', async () => {
    const sound = path.join(red.userDir, 'long.wav');
    const samples = speechLike({ seconds: 10, sampleRate: 16_000, seed: 51 });
    await writeWav(sound, { sampleRate: 16_000, channels: [samples] });
    assertAligned(await delays(await recorded('ten seconds', sound)), 38);
  });
});
