import { strict as assert } from 'node:assert';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { correlatePieces, readWav, resample, seeded, speechLike, writeWav } from '../browser/audio.ts';
import { assertWhole } from '../browser/whole.ts';
import { callFlow, placeCall, recordingsOf, type Written, written } from './call-flow.ts';
import { Cloud } from './cloud.ts';
import type { FlowNode } from './flows.ts';
import { type DeployType, NodeRedProcess } from './node-red-process.ts';

const RATE = 16_000;
/** The person waits a little and speaks then, while the deploy happens. */
const SILENCE_SECONDS = 1.5;
const VOICE = speechLike({ seconds: 3, sampleRate: RATE, seed: 41 });
/** What the flow plays: from before the deploy until well after it. */
const SOUND = speechLike({ seconds: 4, sampleRate: RATE, seed: 42 });
const PACKETS_PER_SECOND = 50;

/** Names are the smallest change that makes Node-RED replace a node. */
const renamed = (flows: FlowNode[], ...ids: string[]): FlowNode[] =>
  flows.map((node) => (ids.includes(node.id) ? { ...node, name: `${node.name ?? ''}*` } : node));
const OF_THE_CALL = ['initiate', 'record', 'play', 'answered', 'ended', 'recorded'];

const DEPLOYS: { title: string; type: DeployType; change: (flows: FlowNode[]) => FlowNode[] }[] = [
  { title: 'a full deploy of changed flows', type: 'full', change: (flows) => renamed(flows, ...OF_THE_CALL) },
  { title: 'a full deploy of the very same flows', type: 'full', change: (flows) => flows },
  { title: 'a deploy of the modified nodes', type: 'nodes', change: (flows) => renamed(flows, ...OF_THE_CALL) },
  { title: 'a deploy of the modified flows', type: 'flows', change: (flows) => renamed(flows, 'played') },
  { title: 'a restart of the flows', type: 'reload', change: (flows) => flows },
];

describe('a deploy in the middle of a call', function () {
  this.timeout(120_000);
  const people = Array.from({ length: 20 }, (_, index) => ({ phone: `551196660${String(1000 + index)}` }));
  let cloud: Cloud;
  let red: NodeRedProcess;
  let flows: FlowNode[];
  let log: string;
  let called = 0;

  before(async () => {
    cloud = await Cloud.start({ people, pace: 0.3 });
    red = await NodeRedProcess.start({ settings: { httpNodeRoot: '/' } });
    log = path.join(red.userDir, 'told.jsonl');
    const sound = path.join(red.userDir, 'sound.wav');
    const voice = path.join(red.userDir, 'voice.wav');
    await writeWav(sound, { sampleRate: RATE, channels: [SOUND] });
    const speech = new Float32Array((SILENCE_SECONDS + 4) * RATE);
    speech.set(VOICE, SILENCE_SECONDS * RATE);
    await writeWav(voice, { sampleRate: RATE, channels: [speech] });
    flows = callFlow(cloud.config(), log, sound);
    await red.deploy(flows);
    await cloud.serve(red);
    for (const { phone: user } of people) {
      await cloud.simulator.control.do('permission', { user, answer: 'profile_permanent' });
      const by = { script: 'answers', afterSeconds: 2, voice: { kind: 'wav', file: voice } } as const;
      await cloud.simulator.control.do('script', { user, ...by });
    }
    await cloud.until('all grants arrived', () => cloud.answered.filter(({ status }) => status === 200).length >= 20);
  });
  after(async () => {
    await red?.stop();
    await cloud?.close();
  });

  const toldOf = async (mark: string, what: string): Promise<Written[]> =>
    (await written(log)).filter((line) => line.mark === mark && line.what === what);
  const told = (mark: string, what: string) =>
    cloud.until(`${what} is told of ${mark}`, async () => (await toldOf(mark, what)).length > 0, red);
  const nextPerson = () => people[called++]?.phone ?? assert.fail('nobody left');

  for (const { title, type, change } of DEPLOYS) {
    it(`${title} leaves sound, recording and *ended* whole`, async function () {
      // A machine so busy that the media thread gets no time for 0.2 s leaves a pause in the sound, deploy or not.
      this.retries(1);
      const phone = nextPerson();
      const mark = `${title}, call ${called}`;
      await placeCall(red, phone, mark);
      await told(mark, 'answered');
      const answeredAt = Date.now();
      const { id } = cloud.callTo(phone) ?? assert.fail('no call');
      const spoken = async (seconds: number) => (await cloud.packets(id)).fromPhone >= seconds * PACKETS_PER_SECOND;
      await cloud.until('the person begins to speak', () => spoken(SILENCE_SECONDS + 0.5), red);
      flows = change(flows);
      await red.deploy(flows, type);
      assert.equal(cloud.callTo(phone)?.state, 'in_call', 'the deploy did not end the call');
      await cloud.until('the person has spoken', () => spoken(SILENCE_SECONDS + 3.3), red);
      await cloud.until('the sound was played', async () => (await toldOf(mark, 'played')).length > 0, red);
      await cloud.simulator.control.do('call/hangup', { user: phone });
      const hungUpAt = Date.now();
      await told(mark, 'recorded');
      await told(mark, 'ended');

      const [{ call } = {}] = await toldOf(mark, 'ended');
      assert.equal(call?.outcome, 'completed');
      const [{ recording } = {}] = await toldOf(mark, 'recorded');
      assert.ok(recording !== undefined);
      assert.equal(recording.result, 'call_ended');
      const { sampleRate, channels } = await readWav(recording.file);
      const [person, business] = channels.map((samples) => resample(samples, sampleRate, RATE));
      assert.ok(person && business);
      assertWhole("the person's voice in the left channel", correlatePieces(VOICE, person, RATE, 0.5));
      assertWhole('the sound in the right channel', correlatePieces(SOUND, business, RATE, 0.5));
      const heard = await cloud.relay.heard(id);
      assert.equal(heard.sampleRate, RATE);
      const ear = Float32Array.from(heard.pcm, (sample) => sample / 32768);
      assertWhole("the sound in the person's ear", correlatePieces(SOUND, ear, RATE, 0.5));

      const seconds = person.length / RATE;
      const pickedUpAt = cloud.callTo(phone)?.pickedUpAt ?? 0;
      const least = (hungUpAt - answeredAt) / 1000 - 0.5;
      const most = (hungUpAt - pickedUpAt) / 1000 + 0.5;
      assert.ok(seconds > least && seconds < most, `${seconds} s recorded of ${least} to ${most} s`);
      const { fromBusiness, fromPhone, toBusiness } = await cloud.packets(id);
      assert.equal(toBusiness, fromPhone);
      // Ours begin earlier than the person's: with the connection, not with the pick-up.
      assert.ok(fromBusiness > 0.97 * fromPhone, `${fromBusiness} packets from us, ${fromPhone} from the person`);
    });
  }

  it('a hang-up or pick-up at any moment of a deploy is told once, too', async () => {
    const random = seeded(7);
    for (const { title, type, change } of DEPLOYS) {
      const phone = nextPerson();
      const mark = `${title}, hung up meanwhile`;
      // The person picks up after 0.6 s: sometimes before the first deploy, sometimes in it.
      await placeCall(red, phone, mark);
      await cloud.until('the call rings', () => cloud.callTo(phone)?.state !== undefined, red);
      await sleep(random() * 800);
      flows = change(flows);
      await red.deploy(flows, type);
      await told(mark, 'answered');
      flows = change(flows);
      const deployed = red.deploy(flows, type);
      await sleep(random() * 150);
      await cloud.simulator.control.do('call/hangup', { user: phone });
      await deployed;
      await told(mark, 'ended');
      await told(mark, 'recorded');
    }
  });

  it('in the end each call was answered, recorded and ended exactly once', async () => {
    await cloud.until('all calls are over', () => cloud.live().length === 0);
    await red.kill('SIGTERM');
    const lines = await written(log);
    for (const what of ['answered', 'ended', 'recorded']) {
      const marks = lines.filter((line) => line.what === what).map(({ mark }) => mark);
      assert.deepEqual(marks.toSorted(), [...new Set(marks)].toSorted(), `${what} twice`);
      assert.equal(marks.length, called, what);
    }
    assert.deepEqual(
      lines.filter(({ what }) => what === 'refused'),
      [],
    );
    const files = await readdir(recordingsOf(red));
    assert.equal(files.length, called);
    assert.deepEqual(
      files.filter((file) => !file.endsWith('.wav')),
      [],
    );
    assert.equal(cloud.requests('connect').length, called, 'no connect was sent twice');
    assert.deepEqual(cloud.requests('terminate'), [], 'no deploy asked for the end of a call');
    assert.deepEqual(cloud.violations(), []);
  });
});
