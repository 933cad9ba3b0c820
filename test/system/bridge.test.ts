import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { correlatePieces, readWav, resample, speechLike, writeWav } from '../browser/audio.ts';
import { assertWhole } from '../browser/whole.ts';
import { freeRtpPort } from '../free-rtp-port.ts';
import { callFlow, placeCall } from './call-flow.ts';
import { Cloud } from './cloud.ts';
import type { FlowNode } from './flows.ts';
import { NodeRedProcess } from './node-red-process.ts';

const RATE = 16_000;
/** The person speaks once ffmpeg has had time to start. */
const SILENCE_SECONDS = 4;
const PERSON = speechLike({ seconds: 4, sampleRate: RATE, seed: 61 });
const FAR_SIDE = speechLike({ seconds: 4, sampleRate: RATE, seed: 62 });

interface Told {
  what: string;
  rtp: Record<string, unknown> & {
    port?: number;
    receiverSdp?: string;
    packetsToRtp?: number;
    packetsFromRtp?: number;
  };
}

/** The same call as ever, with its audio in another program's hands. */
describe('a call bridged to ffmpeg and from ffmpeg', function () {
  this.timeout(120_000);
  const phone = '5511966602001';
  let cloud: Cloud;
  let red: NodeRedProcess;
  const running: ChildProcess[] = [];

  before(async () => {
    cloud = await Cloud.start({ people: [{ phone }], pace: 0.2 });
    red = await NodeRedProcess.start();
  });
  after(async () => {
    for (const child of running) child.kill('SIGKILL');
    await red?.stop();
    await cloud?.close();
  });

  it('drops nothing, and both sides hear whole sentences', async function () {
    // As everywhere with sound: a starved machine leaves gaps of its own.
    this.retries(1);
    const folder = red.userDir;
    const log = path.join(folder, `bridged-${Date.now()}.jsonl`);
    const voice = path.join(folder, 'person.wav');
    const speech = new Float32Array((SILENCE_SECONDS + 6) * RATE);
    speech.set(PERSON, SILENCE_SECONDS * RATE);
    await writeWav(voice, { sampleRate: RATE, channels: [speech] });
    const spoken = path.join(folder, 'far-side.wav');
    await writeWav(spoken, { sampleRate: RATE, channels: [FAR_SIDE] });
    const remote = await freeRtpPort();
    await red.deploy(bridgedFlow(cloud.config(), log, `127.0.0.1:${remote}`));
    await cloud.serve(red);
    await cloud.simulator.control.do('permission', { user: phone, answer: 'profile_permanent' });
    await cloud.until('the grant arrived', () => cloud.answered.some(({ status }) => status === 200), red);
    const by = { script: 'answers', afterSeconds: 1, voice: { kind: 'wav', file: voice } } as const;
    await cloud.simulator.control.do('script', { user: phone, ...by });

    await placeCall(red, phone, 'bridged');
    const { port, receiverSdp } = (await told(log, 'bridge started')).rtp;
    assert.ok(port !== undefined && receiverSdp !== undefined, 'the message says where to send and how to listen');
    await writeFile(path.join(folder, 'call.sdp'), receiverSdp);
    const heardFile = path.join(folder, 'heard.wav');
    const listener = ffmpeg(
      ...['-protocol_whitelist', 'file,udp,rtp', '-i', path.join(folder, 'call.sdp')],
      ...['-t', '7', '-c:a', 'pcm_s16le', '-ar', String(RATE), '-ac', '1', '-y', heardFile],
    );
    const speaker = ffmpeg(
      ...['-re', '-i', spoken, '-ac', '1', '-c:a', 'libopus', '-b:a', '32k', '-application', 'voip'],
      ...['-frame_duration', '20', '-payload_type', '111', '-f', 'rtp', `rtp://127.0.0.1:${port}?pkt_size=1200`],
    );
    await Promise.all([listener, speaker]);
    await cloud.simulator.control.do('call/hangup', { user: phone });
    const { rtp: result } = await told(log, 'bridge closed');

    assert.ok((result.packetsFromRtp ?? 0) >= 200, `${result.packetsFromRtp} packets of four seconds from ffmpeg`);
    assert.equal(result.droppedFromRtp, 0);
    const { id } = cloud.callTo(phone) ?? assert.fail('no call');
    const { toBusiness } = await cloud.packets(id);
    // The bridge opens a moment after the pick-up, with the first packets already on their way.
    assert.ok((result.packetsToRtp ?? 0) > 0.9 * toBusiness, `${result.packetsToRtp} of ${toBusiness} packets`);

    const { sampleRate, channels } = await readWav(heardFile);
    const atFfmpeg = resample(channels[0] ?? new Float32Array(), sampleRate, RATE);
    // ffmpeg may begin late or be cut off by its seven seconds: the middle of the sentence is surely inside.
    assertWhole('the person at ffmpeg', correlatePieces(PERSON.subarray(0, 2.5 * RATE), atFfmpeg, RATE, 0.5));
    const ear = await cloud.relay.heard(id);
    const atPerson = Float32Array.from(ear.pcm, (sample) => sample / 32768);
    assertWhole('ffmpeg at the person', correlatePieces(FAR_SIDE, atPerson, RATE, 0.5));
    assert.deepEqual(cloud.violations(), []);
  });

  async function told(log: string, what: string): Promise<Told> {
    const find = async () => {
      const lines = (await readFile(log, 'utf8').catch(() => '')).split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as Told).find((line) => line.what === what);
    };
    await cloud.until(what, async () => (await find()) !== undefined, red);
    return (await find()) ?? assert.fail(what);
  }

  function ffmpeg(...args: string[]): Promise<void> {
    const child = spawn('ffmpeg', ['-v', 'error', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    running.push(child);
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    return once(child, 'exit').then(([code]) => assert.equal(code, 0, complaint));
  }
});

/** The flow of the other tests with a bridge in place of recorder and player. */
function bridgedFlow(config: FlowNode, log: string, remote: string): FlowNode[] {
  const flow = callFlow(config, log).filter(({ id }) => !['record', 'play', 'recorded', 'played'].includes(id));
  const z = flow[0]?.id ?? '';
  const place = { z, x: 100, y: 100, name: '' };
  const tell = (id: string, what: string): FlowNode => ({
    ...{ ...place, id, type: 'function', outputs: 1, wires: [['file']] },
    func: `return { payload: JSON.stringify({ what: ${JSON.stringify(what)}, rtp: msg.rtp }) };`,
  });
  return [
    ...flow.map((node) => (node.id === 'initiate' ? { ...node, wires: [['bridge'], [], [], []] } : node)),
    {
      ...{ ...place, id: 'bridge', type: 'wa-call-media', config: config.id, call: 'call.id', callType: 'msg' },
      ...{ action: 'rtp', remote, remoteType: 'str', localAddress: '127.0.0.1', localPort: 0, payloadType: 111 },
      wires: [['closed'], ['started']],
    },
    tell('closed', 'bridge closed'),
    tell('started', 'bridge started'),
  ];
}
