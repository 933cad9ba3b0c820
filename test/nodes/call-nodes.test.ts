import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import type { MediaTask } from '../../lib/media/media.ts';
import { ProviderError } from '../../lib/provider/provider.ts';
import { ReportableError } from '../../lib/runtime/reportable-error.ts';
import { CallError } from '../../lib/switchboard/switchboard.ts';
import callEvents from '../../nodes/call-events.ts';
import initiateCall from '../../nodes/initiate-call.ts';
import media from '../../nodes/media.ts';
import permissionIn from '../../nodes/permission-webhook-in.ts';
import requestPermission from '../../nodes/request-permission.ts';
import terminate from '../../nodes/terminate.ts';
import { ANA, callView, FakeNumber } from './fake-number.ts';
import { helper, Inbox, until } from './helper.ts';

const NODES = [callEvents, initiateCall, media, permissionIn, requestPermission, terminate];
const TOKEN = 'EAAGcanary0123456789abcdefghij';
const REASON = { code: 'request_limit_day', text: 'Too soon.', nextStep: 'Wait.', nextAllowedAt: 0 } as const;
const inboxNode = (id: string): object => ({ id, type: 'helper', z: 'tab', x: 1, y: 1, wires: [] });

/** A tab with one node under test, an inbox per output, and a Catch node with its own inbox. */
const flowOf = (node: object, outputs: number): object[] => [
  { id: 'tab', type: 'tab', label: 'Test' },
  { id: 'number', type: 'wa-call-config' },
  {
    id: 'node',
    z: 'tab',
    x: 1,
    y: 1,
    config: 'number',
    wires: Array.from({ length: outputs }, (_, index) => [`out${index + 1}`]),
    ...node,
  },
  ...Array.from({ length: outputs }, (_, index) => inboxNode(`out${index + 1}`)),
  { id: 'catch', type: 'catch', z: 'tab', x: 1, y: 1, scope: null, wires: [['caught']] },
  inboxNode('caught'),
];

/** An object in a message. */
const part = (message: object | undefined, name: string): Record<string, unknown> => {
  const found = (message as Record<string, unknown> | undefined)?.[name];
  assert.ok(typeof found === 'object' && found !== null, `msg.${name}`);
  return found as Record<string, unknown>;
};
const reasonCode = async (inbox: Inbox | undefined, index: number): Promise<unknown> =>
  part(await inbox?.at(index), 'reason').code;

describe('nodes of the palette', () => {
  let number: FakeNumber;
  before(() => helper.startServer());
  after(() => helper.stopServer());
  beforeEach(() => {
    number = new FakeNumber();
  });
  afterEach(() => helper.unload());

  const load = async (node: object, outputs: number): Promise<{ out: Inbox[]; caught: Inbox }> => {
    await helper.load([number.register, ...NODES], flowOf(node, outputs));
    return {
      out: Array.from({ length: outputs }, (_, index) => new Inbox(`out${index + 1}`)),
      caught: new Inbox('caught'),
    };
  };
  const send = (msg: object): void => helper.getNode('node').receive(msg);

  describe('request permission', () => {
    const NODE = { type: 'wa-call-request-permission' };

    it('asks and passes the message on with permission and request id', async () => {
      number.ask = async (input) => ({
        outcome: 'requested',
        requestId: 'wamid.1',
        contact: input.contact,
        permission: { status: 'pending', purpose: input.purpose },
      });
      const { out } = await load({ ...NODE, text: 'May we?', template: 't', parameters: '["Ana"]' }, 3);
      send({ contact: '+55 11 95550-0123', purpose: ' delivery 4471 ', order: { id: 4471 } });
      const answer = await out[0]?.at(0);
      assert.deepEqual(number.asked[0], {
        contact: ANA,
        purpose: 'delivery 4471',
        via: 'auto',
        text: 'May we?',
        template: { name: 't', language: 'en_US', parameters: ['Ana'] },
      });
      assert.deepEqual(answer?.permission, {
        status: 'pending',
        purpose: 'delivery 4471',
        canRequest: false,
        canCall: false,
      });
      assert.deepEqual([answer?.requestId, answer?.order], ['wamid.1', { id: 4471 }]);
      assert.deepEqual(answer?.contact, { phone: '+5511955500123' });
    });

    it('has outputs of their own for "already granted" and "blocked"', async () => {
      const { out, caught } = await load({ ...NODE, purpose: 'why', purposeType: 'str' }, 3);
      number.ask = async ({ contact }) => ({
        outcome: 'already_granted',
        contact,
        permission: { status: 'granted', kind: 'temporary', expiresAt: 0 },
      });
      send({ contact: ANA.phone });
      assert.deepEqual((await out[1]?.at(0))?.permission, {
        status: 'granted',
        kind: 'temporary',
        expiresAt: '1970-01-01T00:00:00.000Z',
        canRequest: false,
        canCall: true,
      });
      number.ask = async ({ contact }) => ({ outcome: 'blocked', contact, reason: REASON });
      send({ contact: ANA.phone });
      assert.equal(await reasonCode(out[2], 0), 'request_limit_day');
      assert.equal(caught.messages.length, 0);
    });

    it('blocks a contact that cannot be read, without asking', async () => {
      const { out } = await load(NODE, 3);
      send({ contact: 'nobody', purpose: 'x' });
      assert.equal(await reasonCode(out[2], 0), 'contact_invalid');
      assert.deepEqual(number.asked, []);
    });

    it('gives Catch nodes a code and no token, and the process lives on', async () => {
      const { caught } = await load(NODE, 3);
      number.ask = () =>
        Promise.reject(
          Object.assign(
            new ProviderError(`Refused: Bearer ${TOKEN}`, 'Enter a new token.', {
              code: 'provider_token_invalid',
              kind: 'operator',
              outcome: 'refused',
            }),
            { cause: { config: { headers: { Authorization: TOKEN } } } },
          ),
        );
      send({ contact: ANA.phone, purpose: 'x' });
      const { error } = (await caught.at(0)) as { error?: { code: string; message: string } };
      assert.equal(error?.code, 'provider_token_invalid');
      assert.match(error?.message ?? '', /Enter a new token/);
      assert.ok(!inspect(caught.messages, { depth: 20, showHidden: true }).includes('canary'));
      assert.ok(!inspect(helper.log().args, { depth: 20, showHidden: true }).includes('canary'));
      number.ask = async ({ contact }) => ({ outcome: 'blocked', contact, reason: REASON });
      send({ contact: ANA.phone, purpose: 'x' });
    });

    it('says what is wrong with an expression', async () => {
      const { caught } = await load({ ...NODE, contact: '$nothing(', contactType: 'jsonata' }, 3);
      send({ purpose: 'x' });
      assert.equal(((await caught.at(0)).error as { code: string }).code, 'property_invalid');
    });
  });

  describe('call', () => {
    const NODE = { type: 'wa-call-initiate', data: '{"order":4471}' };
    const ended = (origin: { nodeId: string; data?: unknown }) =>
      ({
        event: 'ended',
        origin,
        call: callView({ state: 'ended', outcome: 'completed', durationSeconds: 3 }),
      }) as const;

    it('tells answered and ended with what the message carried', async () => {
      number.place = async () => ({ outcome: 'placed', call: callView() });
      const { out } = await load({ ...NODE, ringSeconds: '30' }, 4);
      send({ contact: ANA.phone, purpose: 'delivery', ticket: 7, _msgid: 'm1' });
      await until(() => number.placed.length === 1);
      const [input] = number.placed;
      assert.ok(input);
      assert.deepEqual([input.ringSeconds, input.maxSeconds, input.origin.nodeId], [30, 3600, 'node']);
      number.tellCall({ event: 'answered', origin: input.origin, call: callView({ state: 'answered' }) });
      number.tellCall(ended(input.origin));
      const first = await out[0]?.at(0);
      const last = await out[1]?.at(0);
      assert.deepEqual([first?.ticket, first?._msgid, part(first, 'call').state], [7, 'm1', 'answered']);
      assert.deepEqual([last?.ticket, last?.data], [7, { order: 4471 }]);
      assert.deepEqual(part(last, 'call').outcome, 'completed');
    });

    it('answers even if the event comes before the provider’s reply', async () => {
      const reply = Promise.withResolvers<void>();
      number.place = async () => {
        await reply.promise;
        return { outcome: 'placed', call: callView() };
      };
      const { out } = await load(NODE, 4);
      send({ contact: ANA.phone, purpose: 'x', ticket: 8 });
      await until(() => number.placed.length === 1);
      const { origin } = number.placed[0] ?? assert.fail();
      number.tellCall({ event: 'answered', origin, call: callView({ state: 'answered' }) });
      assert.equal((await out[0]?.at(0))?.ticket, 8);
      reply.resolve();
    });

    it('ignores calls of other nodes', async () => {
      const { out } = await load(NODE, 4);
      number.tellCall(ended({ nodeId: 'another' }));
      number.tellCall({ event: 'ended', call: callView({ state: 'ended' }) });
      number.tellCall(ended({ nodeId: 'node', data: { ticket: 'lost', data: 1 } }));
      assert.equal((await out[1]?.at(0))?.data, 1);
      assert.equal(out[1]?.messages.length, 1);
    });

    it('after a crash, tells ended with the call and its data', async () => {
      const { out } = await load(NODE, 4);
      number.tellCall(ended({ nodeId: 'node', data: { ticket: 'of another process', data: { order: 1 } } }));
      const message = await out[1]?.at(0);
      assert.deepEqual([part(message, 'call').id, message?.data], ['r-1', { order: 1 }]);
    });

    it('after a redeploy, the new instance goes on', async () => {
      number.place = async () => ({ outcome: 'placed', call: callView() });
      const { out } = await load(NODE, 4);
      send({ contact: ANA.phone, purpose: 'x', ticket: 9 });
      await until(() => number.placed.length === 1);
      const { origin } = number.placed[0] ?? assert.fail();
      const before = helper.getNode('node');
      await helper.setFlows([...flowOf({ ...NODE, maxSeconds: 60 }, 4)], 'nodes');
      assert.notEqual(helper.getNode('node'), before);
      number.tellCall(ended(origin));
      assert.equal((await out[1]?.at(0))?.ticket, 9);
      assert.equal(out[1]?.messages.length, 1);
    });

    it('has outputs of their own for "needs permission" and "blocked"', async () => {
      const { out, caught } = await load(NODE, 4);
      const refused = { contact: ANA, permission: { status: 'not_requested' } } as const;
      number.place = async () => ({
        outcome: 'needs_permission',
        reason: { ...REASON, code: 'permission_not_requested' },
        ...refused,
      });
      send({ contact: ANA.phone, purpose: 'x' });
      const asks = await out[2]?.at(0);
      assert.equal(await reasonCode(out[2], 0), 'permission_not_requested');
      assert.equal(asks?.purpose, 'x');
      number.place = async () => ({ outcome: 'blocked', reason: { ...REASON, code: 'call_in_progress' }, ...refused });
      send({ contact: ANA.phone, purpose: 'x' });
      assert.equal(await reasonCode(out[3], 0), 'call_in_progress');
      send({ contact: 17, purpose: 'x' });
      assert.equal(await reasonCode(out[3], 1), 'contact_invalid');
      assert.equal(caught.messages.length, 0);
    });

    it('refuses data that is too large before anything is placed', async () => {
      const { caught } = await load({ ...NODE, data: 'big', dataType: 'msg' }, 4);
      send({ contact: ANA.phone, purpose: 'x', big: 'x'.repeat(5000) });
      assert.equal(((await caught.at(0)).error as { code: string }).code, 'data_invalid');
      assert.deepEqual(number.placed, []);
    });
  });

  describe('permission events', () => {
    const change = (kind: 'granted' | 'denied' | 'ended', phone = ANA.phone) =>
      ({
        change: kind,
        ...(kind === 'ended' && { why: 'revoked' as const }),
        contact: { phone },
        permission: { status: kind === 'granted' ? ('granted' as const) : ('denied' as const), purpose: 'p' },
      }) as const;

    it('sorts by what happened', async () => {
      const { out } = await load({ type: 'wa-call-permission-in' }, 3);
      for (const kind of ['granted', 'denied', 'ended'] as const) number.tellPermission(change(kind));
      assert.deepEqual(
        [(await out[0]?.at(0))?.payload, (await out[1]?.at(0))?.payload, (await out[2]?.at(0))?.payload],
        ['granted', 'denied', 'revoked'],
      );
      assert.equal(part(await out[0]?.at(0), 'permission').canCall, true);
      assert.deepEqual(
        out.map(({ messages }) => messages.length),
        [1, 1, 1],
      );
    });

    it('listens to one person if told so, in any format', async () => {
      const { out } = await load({ type: 'wa-call-permission-in', contact: '+55 (11) 95550-0123' }, 3);
      number.tellPermission(change('granted', '351912000456'));
      number.tellPermission(change('granted'));
      assert.deepEqual((await out[0]?.at(0))?.contact, { phone: '+5511955500123' });
      assert.equal(out[0]?.messages.length, 1);
    });
  });

  describe('call events', () => {
    it('tells every event, with the data of the call', async () => {
      const { out } = await load({ type: 'wa-call-events', events: [] }, 1);
      number.tellCall({ event: 'ringing', call: callView(), origin: { nodeId: 'x', data: { ticket: 't', data: 5 } } });
      number.tellCall({ event: 'digit', digit: '7', call: callView() });
      const [first, second] = [await out[0]?.at(0), await out[0]?.at(1)];
      assert.deepEqual([first?.topic, first?.data], ['ringing', 5]);
      assert.deepEqual([second?.topic, second?.digit, second?.payload], ['digit', '7', '7']);
    });

    it('filters by event and direction, also from an environment variable', async () => {
      process.env.WA_TEST_EVENTS = 'ended, rejected';
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Node-RED's own way to name an environment variable
      const { out } = await load({ type: 'wa-call-events', events: '${WA_TEST_EVENTS}', direction: 'inbound' }, 1);
      number.tellCall({ event: 'ringing', call: callView({ direction: 'inbound' }) });
      number.tellCall({ event: 'ended', call: callView({ direction: 'outbound' }) });
      number.tellCall({ event: 'ended', call: callView({ direction: 'inbound', id: 'in' }) });
      assert.equal(part(await out[0]?.at(0), 'call').id, 'in');
      delete process.env.WA_TEST_EVENTS;
    });
  });

  describe('hang up', () => {
    it('ends the call of the message, and says so once it is confirmed', async () => {
      const { out } = await load({ type: 'wa-call-terminate' }, 1);
      send({ call: { id: 'r-9' }, keep: 1 });
      const message = await out[0]?.at(0);
      assert.deepEqual(number.terminated, ['r-9']);
      assert.deepEqual([part(message, 'call').state, message?.keep], ['ended', 1]);
    });

    it('needs a call, and one that is known', async () => {
      const { caught } = await load({ type: 'wa-call-terminate' }, 1);
      send({});
      assert.equal(((await caught.at(0)).error as { code: string }).code, 'call_missing');
      number.terminate = () => Promise.reject(new CallError('call_unknown', 'There is no such call.', 'Pass it on.'));
      send({ call: { id: 'r-1' } });
      assert.equal(((await caught.at(1)).error as { code: string }).code, 'call_unknown');
    });
  });

  describe('media', () => {
    const task = <Info, Result>(started: Info) => {
      const over = Promise.withResolvers<Result>();
      let stops = 0;
      const media: MediaTask<Info, Result> = {
        id: 't',
        started: Promise.resolve(started),
        done: over.promise,
        stop: async () => {
          stops += 1;
        },
      };
      return { media, over, stops: () => stops };
    };
    const leg = (part: object): void => {
      number.leg = () => part as never;
    };

    it('plays the built-in greeting, a file, or bytes of the message', async () => {
      const sources: { wav?: Uint8Array; file?: string }[] = [];
      leg({
        play: ({ source }: { source: object }) => {
          sources.push(source);
          const { media, over } = task<void, object>(undefined);
          over.resolve({ result: 'whole', playedSeconds: 3 });
          return media;
        },
      });
      const { out } = await load({ type: 'wa-call-media', action: 'play' }, 2);
      send({ call: { id: 'r-1' }, payload: 'kept' });
      const message = await out[0]?.at(0);
      assert.deepEqual(
        [message?.media, message?.payload],
        [{ action: 'play', result: 'whole', playedSeconds: 3 }, 'kept'],
      );
      assert.ok((sources[0]?.wav?.length ?? 0) > 100_000);
      await helper.setFlows(flowOf({ type: 'wa-call-media', source: 'payload', sourceType: 'msg' }, 2), 'full');
      send({ call: { id: 'r-1' }, payload: '/prompts/a.wav' });
      send({ call: { id: 'r-1' }, payload: Buffer.from('RIFF') });
      await until(() => sources.length === 3);
      assert.equal(sources[1]?.file, '/prompts/a.wav');
      assert.equal(Buffer.from(sources[2]?.wav ?? []).toString(), 'RIFF');
    });

    it('has nothing to play: an error that says what to do', async () => {
      leg({});
      const { caught } = await load({ type: 'wa-call-media', source: 'nothing', sourceType: 'msg' }, 2);
      send({ call: { id: 'r-1' } });
      assert.equal(((await caught.at(0)).error as { code: string }).code, 'source_missing');
    });

    it('records: the path comes when the file is complete, also from the next instance after a deploy', async () => {
      const recording = task<object, object>({ file: '/r/a.wav' });
      let options: { name?: string; root?: string; sampleRate?: number; maxSeconds?: number } = {};
      leg({
        record: (given: object) => {
          options = given;
          return recording.media;
        },
      });
      const node = { type: 'wa-call-media', action: 'record', fileName: '{id}', folder: '/r', sampleRate: '16000' };
      await load(node, 2);
      send({ call: { id: 'r-1' }, keep: 1 });
      await until(() => options.name !== undefined);
      assert.deepEqual(options, { root: '/r', name: 'r-1.wav', sampleRate: 16_000 });
      await helper.setFlows(flowOf({ ...node, maxSeconds: 9 }, 2), 'full');
      const out = new Inbox('out1');
      recording.over.resolve({ file: '/r/a.wav', seconds: 4, channels: 2, sampleRate: 16_000, result: 'call_ended' });
      const message = await out.at(0);
      assert.deepEqual([message.payload, message.keep], ['/r/a.wav', 1]);
      assert.deepEqual((message.recording as { seconds: number }).seconds, 4);
      assert.equal(out.messages.length, 1);
    });

    it('records as the dialog says, and pauses and resumes what records on the call', async () => {
      const recording = task<object, object>({ file: '/r/a.wav' });
      const told: string[] = [];
      let options: Record<string, unknown> = {};
      leg({
        record: (given: Record<string, unknown>) => {
          options = given;
          return {
            ...recording.media,
            pause: async () => void told.push('pause'),
            resume: async () => void told.push('resume'),
          };
        },
      });
      const parts = { layout: 'separate', split: 'megabytes', splitAfter: '20', startPaused: true };
      const node = { type: 'wa-call-media', action: 'record', folder: '/r', fileName: '{contact}-{purpose}-{part}' };
      await load({ ...node, ...parts }, 2);
      send({ call: { id: 'pause-1' } });
      await until(() => options.name !== undefined);
      assert.deepEqual(options, {
        ...{ root: '/r', name: '55119_0123-delivery-{part}.wav', sampleRate: 48_000 },
        ...{ layout: 'separate', splitBytes: 20_000_000, paused: true },
      });
      for (const action of ['resume', 'pause'] as const) {
        await helper.setFlows(flowOf({ type: 'wa-call-media', action }, 2), 'full');
        const out = new Inbox('out1');
        send({ call: { id: 'another' } });
        assert.deepEqual((await out.at(0)).media, { action, recordings: 0 });
        send({ call: { id: 'pause-1' } });
        assert.deepEqual((await out.at(1)).media, { action, recordings: 1 });
      }
      assert.deepEqual(told, ['resume', 'pause']);
      recording.over.resolve({ result: 'stopped' });
    });

    it('plays as the dialog says: how often, how long, and what interrupts it', async () => {
      const asked: Record<string, unknown>[] = [];
      leg({
        play: ({ source: _, ...given }: Record<string, unknown>) => {
          asked.push(given);
          const { media, over } = task<void, object>(undefined);
          over.resolve({ result: 'interrupted', by: 'digit', atMs: 740, playedSeconds: 0.74 });
          return media;
        },
      });
      const node = { type: 'wa-call-media', times: 0, interruptBy: 'digit', longestSeconds: '90', largestMegabytes: 2 };
      const { out } = await load(node, 2);
      send({ call: { id: 'r-1' } });
      const message = await out[0]?.at(0);
      assert.deepEqual(asked, [
        { maxSeconds: 90, maxBytes: 2_000_000, times: Number.POSITIVE_INFINITY, interruptBy: ['digit'] },
      ]);
      assert.deepEqual(message?.prompt, { result: 'interrupted', by: 'digit', atMs: 740, playedSeconds: 0.74 });
    });

    it('bridges: how to reach us on output 2, how it went on output 1', async () => {
      const bridge = task<object, object>({ local: { address: '127.0.0.1', port: 5006 }, sdp: 'v=0' });
      let options: object | undefined;
      leg({
        bridge: (given: object) => {
          options = given;
          return bridge.media;
        },
      });
      const { out } = await load({ type: 'wa-call-media', action: 'rtp', remote: '127.0.0.1:5004' }, 2);
      send({ call: 'r-1', keep: 1 });
      // `call` is looked up at msg.call.id; a text has none.
      send({ call: { id: 'r-1' } });
      const started = await out[1]?.at(0);
      assert.deepEqual(options, {
        remote: { address: '127.0.0.1', port: 5004 },
        local: { address: '127.0.0.1', port: 0 },
        codec: 'opus',
        payloadType: 111,
      });
      assert.deepEqual([started?.payload, started?.rtp], ['v=0', { address: '127.0.0.1', port: 5006, sdp: 'v=0' }]);
      bridge.over.resolve({ packetsToRtp: 5, packetsFromRtp: 6, droppedFromRtp: 0, result: 'stopped' });
      assert.equal(part(await out[0]?.at(0), 'rtp').packetsToRtp, 5);
    });

    for (const [config, msg, expected] of [
      [
        {
          remote: '192.0.2.7:5004',
          codec: 'PCMA',
          eventPayloadType: '101',
          learning: 'fixed_then_learned',
          rtcpMux: true,
        },
        {},
        { codec: 'PCMA', eventPayloadType: 101, learning: 'fixed_then_learned', rtcpMux: true },
      ],
      [{ remote: '', codec: 'L16_16000', payloadType: 97 }, {}, { codec: 'L16', sampleRate: 16_000, payloadType: 97 }],
      [{ remote: 'pbx', remoteType: 'msg', codec: 'L16_8000' }, { pbx: '10.1.2.3:4000' }, { allowedDestinations: [] }],
      [
        { remote: 'pbx', remoteType: 'msg', allowedDestinations: '10.1.0.0/16, 192.0.2.7' },
        { pbx: { address: '10.1.2.3', port: 4000 } },
        { allowedDestinations: ['10.1.0.0/16', '192.0.2.7'] },
      ],
      [{ remote: 'pbx', remoteType: 'msg' }, {}, { allowedDestinations: undefined, remote: undefined }],
      [{ remote: '', allowedDestinations: '10.1.0.0/16' }, {}, { allowedDestinations: ['10.1.0.0/16'] }],
    ] as const)
      it(`bridges as told: ${JSON.stringify(config)}`, async () => {
        const bridge = task<object, object>({ local: { address: '127.0.0.1', port: 5006 }, sdp: 'v=0' });
        let options: Record<string, unknown> = {};
        leg({
          bridge: (given: Record<string, unknown>) => {
            options = given;
            return bridge.media;
          },
        });
        const { out } = await load({ type: 'wa-call-media', action: 'rtp', ...config }, 2);
        send({ call: { id: 'r-1' }, ...msg });
        await out[1]?.at(0);
        for (const [name, value] of Object.entries(expected)) assert.deepEqual(options[name], value, name);
        bridge.over.resolve({ packetsToRtp: 0, packetsFromRtp: 0, droppedFromRtp: 0, result: 'stopped' });
        await out[0]?.at(0);
      });

    it('stops what runs on the call and on no other', async () => {
      const mine = task<void, object>(undefined);
      leg({ play: () => mine.media });
      await load({ type: 'wa-call-media', action: 'play' }, 2);
      send({ call: { id: 'stop-1' } });
      await until(() => helper.getNode('node') !== undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await helper.setFlows(flowOf({ type: 'wa-call-media', action: 'stop' }, 2), 'full');
      const out = new Inbox('out1');
      send({ call: { id: 'another' } });
      assert.deepEqual((await out.at(0)).media, { action: 'stop', stopped: 0 });
      send({ call: { id: 'stop-1' } });
      assert.deepEqual((await out.at(1)).media, { action: 'stop', stopped: 1 });
      assert.equal(mine.stops(), 1);
      mine.over.resolve({ result: 'stopped', playedSeconds: 1 });
    });
  });

  describe('when the configuration is not right', () => {
    it('answers every message with an error and shows it, but throws nothing', async () => {
      const { caught } = await load({ type: 'wa-call-initiate', config: 'gone' }, 4);
      send({ contact: ANA.phone, purpose: 'x' });
      assert.equal(((await caught.at(0)).error as { code: string }).code, 'config_missing');
    });

    it('names a property that an environment variable spoiled', async () => {
      process.env.WA_TEST_RING = 'soon';
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Node-RED's own way to name an environment variable
      const { caught } = await load({ type: 'wa-call-initiate', ringSeconds: '${WA_TEST_RING}' }, 4);
      send({ contact: ANA.phone, purpose: 'x' });
      const { error } = (await caught.at(0)) as { error?: { code: string; message: string } };
      assert.equal(error?.code, 'config_invalid');
      assert.match(error?.message ?? '', /ringSeconds/);
      delete process.env.WA_TEST_RING;
    });

    it('passes on why the number is not ready', async () => {
      number.state = { name: 'failed', error: new ReportableError('store_locked', 'Another Node-RED uses the file.') };
      const { caught } = await load({ type: 'wa-call-initiate' }, 4);
      send({ contact: ANA.phone, purpose: 'x' });
      assert.equal(((await caught.at(0)).error as { code: string }).code, 'store_locked');
    });
  });
});
