import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeALaw, encodeALaw } from '../../lib/media/g711.ts';
import { toInt16 } from '../../lib/media/resample.ts';
import { resample, speechLike, writeWav } from '../browser/audio.ts';
import { checkout } from '../checkout.mts';
import { assertHeard } from '../lib/media/heard.ts';
import { RtpPhone } from '../lib/media/rtp-phone.ts';
import { Cloud } from './cloud.ts';
import type { FlowNode } from './flows.ts';
import { NodeRedProcess } from './node-red-process.ts';

const ANA = '5511955500123';
const SECONDS = 3;
const PCMA = 8;
const KEYS = 101;

/** The example as it is imported, the simulator of the test behind its number, and a telephone on two ports as the PBX. */
describe('the example of a call bridged to a PBX', function () {
  this.timeout(120_000);
  let cloud: Cloud;
  let red: NodeRedProcess;
  let pbx: RtpPhone;

  before(async () => {
    cloud = await Cloud.start({ pace: 0.3 });
    red = await NodeRedProcess.start();
  });
  beforeEach(async () => {
    pbx = await RtpPhone.open();
  });
  afterEach(() => pbx.close());
  after(async () => {
    await red?.stop();
    await cloud?.close();
  });

  const told = async (name: string): Promise<Record<string, unknown>> => {
    const line = await red.waitForLog(new RegExp(`\\[told:${name}:${pbx.port}\\] \\{.*\\}`));
    return JSON.parse(line.slice(line.indexOf('{', line.indexOf('[told:')))) as never;
  };

  it('10: both hear each other as G.711, and the person’s keys reach the PBX', async function () {
    // As everywhere with sound: a starved machine leaves gaps of its own.
    this.retries(2);
    const nodes = JSON.parse(
      await readFile(path.join(checkout, 'examples', '10 Bridge to a PBX.json'), 'utf8'),
    ) as FlowNode[];
    const flow = nodes.map((node) => {
      if (node.type === 'wa-call-config') return { ...cloud.config(), id: node.id };
      if (node.type === 'wa-call-media') return { ...node, remote: `127.0.0.1:${pbx.port}` };
      if (node.type !== 'debug') return node;
      const func = `node.log('[told:${String(node.name)}:${pbx.port}] ' + JSON.stringify(msg)); return null;`;
      return { ...node, type: 'function', outputs: 0, func };
    });
    const voice = speechLike({ seconds: SECONDS, sampleRate: 16_000, seed: 41 });
    const padded = new Float32Array(16_000 * (SECONDS + 5));
    padded.set(voice, 16_000 * 2);
    const file = path.join(red.userDir, 'ana.wav');
    await writeWav(file, { sampleRate: 16_000, channels: [padded] });
    await red.deploy(flow);
    await cloud.serve(red);
    const before = cloud.answered.length;
    await cloud.simulator.control.do('permission', { user: ANA, answer: 'profile_permanent' });
    await cloud.until('the grant arrived', () => cloud.answered.length > before, red);
    const by = { script: 'answers', afterSeconds: 1, voice: { kind: 'wav', file } } as const;
    await cloud.simulator.control.do('script', { user: ANA, ...by });
    await red.inject(flow.find(({ type }) => type === 'inject')?.id ?? '');

    const started = (await told('SDP')) as { payload: string; rtp: { port: number } };
    assert.match(started.payload, /m=audio \d+ RTP\/AVP 8 101\r\na=rtpmap:8 PCMA\/8000/);
    const pbxVoice = speechLike({ seconds: SECONDS, sampleRate: 8000, seed: 42 });
    const pcm = toInt16(pbxVoice);
    const payloads = Array.from({ length: SECONDS * 50 }, (_, index) =>
      encodeALaw(pcm.subarray(index * 160, index * 160 + 160)),
    );
    await pbx.speak(started.rtp.port, PCMA, payloads, 20, 160);
    await sleep(3000);
    await cloud.simulator.control.do('call/digit', { user: ANA, digit: '7' });
    await cloud.until('the key arrived', () => pbx.packets.some(({ payloadType }) => payloadType === KEYS), red);
    await sleep(500);
    await cloud.simulator.control.do('call/hangup', { user: ANA });
    const { rtp } = (await told('bridge closed')) as { rtp: { statistics: { keysToRtp: number } } };
    assert.equal(rtp.statistics.keysToRtp, 1);
    const keys = pbx.packets.filter(({ payloadType }) => payloadType === KEYS);
    assert.ok(keys.every(({ payload }) => payload[0] === 7));
    assert.equal(keys.filter(({ payload }) => (payload[1] ?? 0) > 0x7f).length, 3);
    const sound = pbx.packets.filter(({ payloadType }) => payloadType === PCMA);
    const heard = Float32Array.from(sound.flatMap(({ payload }) => [...decodeALaw(payload)]));
    assertHeard('at the PBX', resample(voice, 16_000, 8000), heard, 8000);
    const { id } = cloud.callTo(ANA) ?? assert.fail('no call');
    const ear = await cloud.relay.heard(id);
    const atPerson = Float32Array.from(ear.pcm, (sample) => sample / 32_768);
    assertHeard('at the person', resample(pbxVoice, 8000, 16_000), atPerson, 16_000);
    assert.deepEqual(cloud.violations(), []);
  });
});
