import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CallRecord } from '../../lib/ledger/ledger.ts';
import { wavHeader } from '../../lib/media/wav-writer.ts';
import { helper, Inbox } from './helper.ts';
import { ANA, CONFIG, RealNumber } from './real-number.ts';

const at = { z: 'tab', x: 1, y: 1 };
const media = (id: string, more: object) => ({ id, type: 'wa-call-media', ...at, config: 'number', ...more });
const SHORT = { action: 'play', source: 'sound', sourceType: 'msg' };
const FLOW = [
  { id: 'tab', type: 'tab', label: 'Test' },
  { ...CONFIG, recordingRule: 'announced' },
  {
    ...{ id: 'call', type: 'wa-call-initiate', ...at, config: 'number', data: '{"order":4471}' },
    wires: [['answered', 'early'], ['ended'], [], ['blocked']],
  },
  // Too early: nobody has told the person.
  media('early', { action: 'record', wires: [['wrong'], []] }),
  // A prompt that says nothing of it does not count.
  media('prompt', { ...SHORT, wires: [['prompted', 'stillEarly'], []] }),
  media('stillEarly', { action: 'record', wires: [['wrong'], []] }),
  media('announce', { ...SHORT, announcement: true, wires: [['announced', 'record'], []] }),
  media('record', { action: 'record', wires: [['recorded'], []] }),
  {
    ...{ id: 'captured', type: 'wa-call-initiate', ...at, config: 'number', captureRecording: true },
    ...{ captureTranscript: true, captureLanguage: 'pt', wires: [['record', 'answered'], ['ended'], [], ['blocked']] },
  },
  {
    ...{ id: 'answer', type: 'wa-call-answer', ...at, config: 'number', afterSeconds: 0, captureRecording: true },
    ...{ capturePurpose: 'your order', captureLanguage: 'es', wires: [[], ['taken', 'record'], ['over'], []] },
  },
  { id: 'hangup', type: 'wa-call-terminate', ...at, config: 'number', wires: [['hung']] },
  {
    ...{ id: 'records', type: 'wa-call-records', ...at, config: 'number', format: 'message', each: true },
    wires: [['found'], ['each']],
  },
  { id: 'score', type: 'wa-call-records', ...at, config: 'number', action: 'score', wires: [['scored'], []] },
  { id: 'allowed', type: 'wa-call-permission-in', ...at, config: 'number', wires: [['granted'], [], []] },
  { id: 'log', type: 'wa-call-events', ...at, config: 'number', wires: [['logged']] },
  { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
  ...[
    'answered',
    'ended',
    'blocked',
    'wrong',
    'prompted',
    'announced',
    'recorded',
    'hung',
    'found',
    'scored',
    'each',
    'taken',
    'over',
  ].map((id) => ({ id, type: 'helper', ...at, wires: [] })),
  ...['granted', 'logged', 'caught'].map((id) => ({ id, type: 'helper', ...at, wires: [] })),
];

describe('recorded calls and their records, with sound', function () {
  this.timeout(30_000);
  const number = new RealNumber();
  const boxes: Record<string, Inbox> = {};
  const box = (name: string): Inbox => boxes[name] ?? assert.fail(name);
  const send = (node: string, msg: object): void => helper.getNode(node).receive(msg);
  const code = (message: object): string => (message as { error: { code: string } }).error.code;
  const logged = async (topic: string): Promise<Record<string, unknown>> => {
    for (let index = 0; ; index += 1) {
      const message = await box('logged').at(index);
      if (message.topic === topic) return message;
    }
  };

  /** A fifth of a second. */
  const sound = Buffer.concat([wavHeader(8000, 1, 3200), Buffer.alloc(3200)]);

  before(async () => {
    await number.start();
    await number.load(FLOW);
    await number.ready();
    for (const node of FLOW as { id: string; type: string }[]) {
      if (node.type === 'helper') boxes[node.id] = new Inbox(node.id);
    }
    await number.control('script', { user: '5511955500123', script: 'answers', afterSeconds: 2 });
    await number.control('permission', { user: '5511955500123', answer: 'profile_permanent' });
    await box('granted').at(0);
  });
  after(async () => {
    await helper.unload();
    await number.stop();
  });

  it('record nothing until the person was told, then note the file with the call', async () => {
    send('call', { contact: ANA, purpose: 'delivery, =4471' });
    const answered = await box('answered').at(0);
    assert.equal(code(await box('caught').at(0)), 'announcement_missing');
    send('prompt', { ...answered, sound });
    assert.equal((await box('prompted').at(0)).media !== undefined, true);
    const refused = await box('caught').at(1);
    assert.equal(code(refused), 'announcement_missing');
    assert.match((refused.error as unknown as { message: string }).message, /Play a prompt that is marked/);
    send('announce', { ...answered, sound });
    await box('announced').at(0);
    send('hangup', answered);
    const recorded = await box('recorded').at(0);
    const ended = await box('ended').at(0);
    assert.deepEqual(box('wrong').messages, []);

    const { payload, data } = await box('each').at(0);
    const record = payload as unknown as CallRecord;
    const { file, seconds } = recorded.recording as { file: string; seconds: number };
    assert.deepEqual(record.recordings, [{ file, seconds }]);
    assert.equal(readFileSync(file).toString('latin1', 0, 4), 'RIFF');
    assert.deepEqual(data, { order: 4471 });
    const { id, durationSeconds } = ended.call as { id: string; durationSeconds: number };
    assert.deepEqual(
      [record.id, record.direction, record.placedBy, record.outcome, record.endedBy, record.durationSeconds],
      [id, 'outbound', 'us', 'completed', 'us', durationSeconds],
    );
    assert.equal(record.billedPulses, Math.ceil(durationSeconds / 6));

    send('records', { format: 'csv' });
    const lines = String((await box('found').at(0)).payload).split('\r\n');
    assert.equal(lines.length, 3);
    assert.ok(lines[1]?.includes(`"delivery, =4471"`) && lines[1].includes(file), lines[1]);
    assert.ok(!lines[1]?.includes('955500123'));
    send('records', {});
    assert.deepEqual((await box('found').at(1)).payload, [record]);

    // How content they were, as the key that they pressed.
    send('score', { call: ended.call, score: '5' });
    assert.deepEqual((await box('scored').at(0)).payload, { id, score: 5 });
  });

  it('record at once where WhatsApp tells the person, and have its recording and transcript in the record', async () => {
    send('captured', { contact: ANA, purpose: 'delivery' });
    const answered = await box('answered').at(1);
    send('hangup', answered);
    await box('recorded').at(1);
    const [recording, transcript] = [await logged('recording'), await logged('transcript')];
    const { file } = recording.recording as { file: string };
    assert.ok(file.startsWith(join(number.userDir, 'whatsapp-calling', 'recordings', 'whatsapp')), file);
    assert.equal(recording.payload, file);
    assert.equal(readFileSync(file).toString('latin1', 0, 4), 'OggS');
    const { by, language, segments } = transcript.transcript as Record<string, unknown>;
    assert.deepEqual([by, language, (segments as unknown[]).length], ['whatsapp', 'en', 2]);
    assert.match(String(transcript.payload), /Hello/);
    send('records', { format: 'array' });
    const records = (await box('found').at(2)).payload as unknown as CallRecord[];
    assert.deepEqual(
      records.map(({ score }) => score),
      [5, undefined],
    );
    // Ours, and the two of WhatsApp.
    assert.deepEqual(
      records.map(({ recordings }) => recordings.length),
      [1, 3],
    );
    const { requests } = (await number.read('requests')) as { requests: { body?: Record<string, unknown> }[] };
    const connect = requests.map(({ body }) => body).filter((body) => body?.action === 'connect');
    const optin = { status: 'ENABLED', purpose: 'delivery', announcement_language: 'pt' };
    assert.deepEqual([connect[1]?.recording, connect[1]?.transcription], [optin, optin]);
    assert.equal(connect[0]?.recording, undefined);
    assert.deepEqual((await number.read('violations')).violations, []);
    assert.equal(box('caught').messages.length, 2);
    assert.equal(box('each').messages.length, 2);
  });

  it('are those of people who call us, too', async () => {
    await number.control('call/start', { user: '5511955500123', voice: { kind: 'tone' } });
    const taken = await box('taken').at(0);
    send('hangup', taken);
    await box('over').at(0);
    const { file } = (await box('recorded').at(2)).recording as { file: string };
    const { payload } = await box('each').at(2);
    const { direction, placedBy, missed, billedPulses, recordings } = payload as unknown as CallRecord;
    assert.deepEqual([direction, placedBy, missed, billedPulses], ['inbound', 'contact', undefined, undefined]);
    assert.deepEqual(
      recordings.map((recording) => recording.file),
      [file],
    );
    // One recording of WhatsApp's was there before.
    const told = async (): Promise<unknown[]> => {
      for (let index = 0; ; index += 1) {
        await box('logged').at(index);
        const all = box('logged').messages.filter(({ topic }) => topic === 'recording');
        if (all.length > 1) return all;
      }
    };
    assert.equal((await told()).length, 2);
    const { requests } = (await number.read('requests')) as { requests: { body?: Record<string, unknown> }[] };
    const [preAccept, accept] = requests.flatMap(({ body }) => (/accept/.test(String(body?.action)) ? [body] : []));
    assert.deepEqual(accept?.recording, {
      ...{ status: 'ENABLED', purpose: 'your order', announcement_language: 'es' },
    });
    assert.deepEqual([preAccept?.action, preAccept?.recording], ['pre_accept', undefined]);
    assert.equal(box('caught').messages.length, 2);
  });

  it('are told once, also when the flow is deployed in between', async () => {
    send('call', { contact: ANA, purpose: 'again' });
    const { call } = (await box('answered').at(2)) as unknown as { call: { id: string } };
    await box('caught').at(2);
    await helper.setFlows(FLOW, 'full');
    for (const node of FLOW as { id: string; type: string }[]) {
      if (node.type === 'helper') boxes[node.id] = new Inbox(node.id);
    }
    await number.ready();
    send('hangup', { call });
    const { payload } = await box('each').at(0);
    assert.equal((payload as unknown as CallRecord).id, call.id);
    await box('hung').at(0);
    send('records', { format: 'array' });
    assert.equal(((await box('found').at(0)).payload as unknown as unknown[]).length, 4);
    assert.equal(box('each').messages.length, 1);
  });
});
