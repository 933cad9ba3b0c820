import { strict as assert } from 'node:assert';
import {
  type DigitNews,
  type DigitOptions,
  MediaError,
  type SpeechEvent,
  type SpeechOptions,
  type StreamNews,
  type StreamOptions,
} from '../../lib/media/media.ts';
import { helper, Inbox, until } from './helper.ts';
import { codeOf, loadMedia, mediaFlow, PlayedTask } from './media-bench.ts';

const TOKEN = 'canary-agent-4711';
const say = (msg: object, node = 'node'): void => helper.getNode(node).receive(msg);
let calls = 0;
/** No two tests have the same call: what runs is known to the whole process. */
const nextCall = (): { id: string } => ({ id: `media-${++calls}` });

describe('media node', function () {
  this.timeout(20_000);
  before(() => helper.startServer());
  after(() => helper.stopServer());
  afterEach(() => helper.unload());

  describe('streams', () => {
    class PlayedStream extends PlayedTask<StreamOptions, StreamNews> {
      readonly asked: unknown[] = [];
      readonly leg = {
        stream: (options: StreamOptions) => ({
          ...this.start(options),
          write: async (pcm: Uint8Array) => {
            this.asked.push(['write', Buffer.from(pcm).toString('hex')]);
            return { queuedMs: 100, refusedMs: 0 };
          },
          clear: async () => {
            this.asked.push('clear');
            return { clearedMs: 40 };
          },
          mark: async (name: string) => void this.asked.push(['mark', name]),
        }),
      };
    }
    let stream: PlayedStream;
    beforeEach(() => {
      stream = new PlayedStream();
    });

    it('gives the flow what is heard as Buffers on output 2, and the figures on output 1 at the end', async () => {
      const call = nextCall();
      const node = { action: 'stream', streamRate: '8000', chunkMs: '40', interruptBy: 'both' };
      const { done, told, caught } = await loadMedia(stream.leg, [node]);
      say({ call, keep: 1 });
      const opened = await told.at(0);
      assert.deepEqual(
        [opened.topic, opened.media, opened.keep],
        ['started', { action: 'stream', state: 'started' }, 1],
      );
      assert.deepEqual(stream.options, { sampleRate: 8000, chunkMs: 40, interruptBy: ['speech', 'digit'] });
      stream.tell({ kind: 'chunk', pcm: Uint8Array.of(1, 2, 3, 4), sequence: 7, timeMs: 280, sampleRate: 8000 });
      const chunk = await told.at(1);
      assert.ok(Buffer.isBuffer(chunk.payload));
      assert.deepEqual([chunk.topic, chunk.payload.toString('hex'), chunk.call], ['audio', '01020304', call]);
      const { sequence, timeMs, sampleRate, encoding, channels } = chunk.audio as Record<string, unknown>;
      assert.deepEqual([sequence, timeMs, sampleRate, encoding, channels], [7, 280, 8000, 'pcm_s16le', 1]);
      stream.tell({ kind: 'cleared', ms: 60, by: 'speech' });
      const cleared = await told.at(2);
      assert.deepEqual(
        [cleared.topic, cleared.media],
        ['cleared', { action: 'stream', event: 'cleared', ms: 60, by: 'speech' }],
      );
      stream.over.resolve({ result: 'call_ended', listenedMs: 1200, droppedMs: 40, droppedChunks: 1 });
      const ended = await done.at(0);
      assert.deepEqual([ended.media, ended.keep], [{ action: 'stream', result: 'call_ended' }, 1]);
      assert.equal((ended.stream as { droppedChunks: number }).droppedChunks, 1);
      assert.deepEqual(caught.messages, []);
    });

    it('says what the flow gives it, sets marks, and clears what waits; also for another node of the same call', async () => {
      const call = nextCall();
      const { told } = await loadMedia(stream.leg, [{ action: 'stream' }, { id: 'other', action: 'stream' }]);
      say({ call });
      await told.at(0);
      say({ call, payload: Buffer.from('0a0b', 'hex'), stream: { mark: 'greeting' } }, 'other');
      const written = await told.at(1);
      assert.deepEqual(
        [written.topic, written.media],
        ['write', { action: 'stream', event: 'write', queuedMs: 100, refusedMs: 0, name: 'greeting' }],
      );
      say({ call, stream: 'clear' });
      assert.deepEqual((await told.at(2)).media, { action: 'stream', event: 'clear', clearedMs: 40 });
      assert.deepEqual(stream.asked, [['write', '0a0b'], ['mark', 'greeting'], 'clear']);
      stream.tell({ kind: 'mark', name: 'greeting', played: false });
      const mark = await told.at(3);
      assert.deepEqual(mark.media, { action: 'stream', event: 'mark', name: 'greeting', played: false });
      stream.over.resolve({ result: 'stopped' });
    });

    it('cannot speak where no stream is, and says what to do', async () => {
      const { caught } = await loadMedia(stream.leg, [{ action: 'stream' }]);
      say({ call: nextCall(), payload: Buffer.alloc(4) });
      assert.equal(codeOf(await caught.at(0)), 'stream_missing');
      assert.equal(stream.options, undefined);
    });

    it('connects to an agent with its token and the parameters of the message; only one that is written down needs no list', async () => {
      const agent = { action: 'stream', streamTo: 'agent', agentUrl: 'wss://agent.example.com/call' };
      const call = nextCall();
      const { told } = await loadMedia(stream.leg, [agent], { node: { agentToken: TOKEN } });
      say({ call, parameters: { language: 'pt' } });
      await until(() => stream.options !== undefined);
      const { url, headers, parameters, allowedDestinations } = stream.options?.agent ?? assert.fail();
      assert.deepEqual([url, headers], ['wss://agent.example.com/call', { Authorization: `Bearer ${TOKEN}` }]);
      assert.deepEqual(parameters, { language: 'pt', callId: call.id, purpose: 'delivery' });
      assert.equal(allowedDestinations, undefined);
      stream.tell({ kind: 'message', message: { transfer: true } });
      assert.deepEqual((await told.at(1)).media, { action: 'stream', event: 'message', message: { transfer: true } });
      stream.over.resolve({ result: 'agent_stopped' });

      stream = new PlayedStream();
      const from = { agentUrl: 'agent', agentUrlType: 'msg' };
      await helper.unload();
      const second = await loadMedia(stream.leg, [{ ...agent, ...from }], { node: { agentToken: TOKEN } });
      say({ call: nextCall(), agent: 'wss://elsewhere.example/' });
      await until(() => stream.options !== undefined);
      assert.deepEqual(stream.options?.agent?.allowedDestinations, []);
      say({ call: nextCall() });
      assert.equal(codeOf(await second.caught.at(0)), 'agent_address_missing');
      assert.ok(!JSON.stringify(second.caught.messages).includes('canary'));
      stream.over.resolve({ result: 'stopped' });
    });

    it('passes on why a stream could not begin', async () => {
      const error = new MediaError('media_agent_unreachable', 'The agent does not answer.', 'Start it.');
      const { caught, done } = await loadMedia(stream.leg, [{ action: 'stream' }]);
      say({ call: nextCall() });
      await until(() => stream.options !== undefined);
      stream.over.reject(error);
      assert.equal(codeOf(await caught.at(0)), 'media_agent_unreachable');
      assert.deepEqual(done.messages, []);
    });
  });

  describe('digits', () => {
    let digits: PlayedTask<DigitOptions, DigitNews>;
    const leg = { digits: (options: DigitOptions) => digits.start(options) };
    beforeEach(() => {
      digits = new PlayedTask();
    });

    it('asks as the dialog says, tells each key on output 2 and the entry on output 1', async () => {
      const node = {
        ...{ action: 'digits', digitsLength: '4', digitsLeast: '2', terminator: '*', allowedDigits: '0123' },
        ...{ firstDigitSeconds: '2.5', interDigitSeconds: '1.5', tries: '3' },
        ...{ prompt: '/prompts/menu.wav', retryPrompt: 'again', retryPromptType: 'msg' },
      };
      const { done, told, caught } = await loadMedia(leg, [node]);
      const call = nextCall();
      say({ call, again: Buffer.from('RIFF'), keep: 1 });
      await until(() => digits.options !== undefined);
      assert.deepEqual(digits.options, {
        ...{ length: 4, least: 2, terminator: '*', allowed: '0123', firstDigitMs: 2500, interDigitMs: 1500, tries: 3 },
        ...{ prompt: { file: '/prompts/menu.wav' }, retryPrompt: { wav: Buffer.from('RIFF') } },
      });
      digits.tell({ kind: 'digit', count: 1, digit: '3', durationMs: 100 });
      const key = await told.at(0);
      assert.deepEqual([key.topic, key.payload, key.digit, key.call], ['digit', '3', '3', call]);
      assert.deepEqual(key.digits, { count: 1, digit: '3', durationMs: 100 });
      digits.over.resolve({ digits: '31', result: 'terminator', tries: 2 });
      const entry = await done.at(0);
      assert.deepEqual([entry.payload, entry.keep], ['31', 1]);
      assert.deepEqual(entry.digits, { digits: '31', result: 'terminator', tries: 2 });
      assert.deepEqual(entry.media, { action: 'digits', result: 'terminator' });
      assert.deepEqual(caught.messages, []);
    });

    it('an entry that did not come about is a result, not an error', async () => {
      const { done, caught } = await loadMedia(leg, [{ action: 'digits' }]);
      say({ call: nextCall() });
      await until(() => digits.options !== undefined);
      digits.over.resolve({ digits: '', result: 'no_digits', tries: 1 });
      assert.deepEqual((await done.at(0)).media, { action: 'digits', result: 'no_digits' });
      assert.deepEqual(caught.messages, []);
    });

    it('secret digits are nowhere but in the result', async () => {
      const { done, told } = await loadMedia(leg, [{ action: 'digits', digitsLength: '4', secret: true }]);
      say({ call: nextCall() });
      await until(() => digits.options !== undefined);
      assert.equal(digits.options?.secret, true);
      digits.tell({ kind: 'digit', count: 1 });
      const key = await told.at(0);
      assert.deepEqual([key.payload, key.digit, key.digits], [undefined, undefined, { count: 1 }]);
      digits.over.resolve({ digits: '9876', result: 'length', tries: 1 });
      assert.equal((await done.at(0)).payload, '9876');
      assert.ok(!JSON.stringify([told.messages, helper.log().args]).includes('9876'));
    });

    it('options that cannot be are an error with a code', async () => {
      const refusing = {
        digits: () => {
          throw new MediaError('media_options_refused', 'No digit is allowed.', 'Correct "Allowed digits".');
        },
      };
      const { caught } = await loadMedia(refusing, [{ action: 'digits', allowedDigits: 'x' }]);
      say({ call: nextCall() });
      assert.equal(codeOf(await caught.at(0)), 'media_options_refused');
      await helper.unload();
      const unreadable = await loadMedia(leg, [{ action: 'digits', tries: 'often' }]);
      say({ call: nextCall() });
      assert.equal(codeOf(await unreadable.caught.at(0)), 'config_invalid');
    });
  });

  describe('speech', () => {
    it('tells who speaks and who does not on output 2, and what was heard in all on output 1', async () => {
      const speech = new PlayedTask<SpeechOptions, SpeechEvent>();
      const leg = { speech: (options: SpeechOptions) => speech.start(options) };
      const node = { action: 'speech', endMs: '800', initialSilenceSeconds: '2.5', longSilenceSeconds: '0' };
      const { done, told, caught } = await loadMedia(leg, [node]);
      const call = nextCall();
      say({ call, keep: 1 });
      await until(() => speech.options !== undefined);
      assert.deepEqual(speech.options, { endMs: 800, initialSilenceMs: 2500, longSilenceMs: 0 });
      const events = ['initial_silence', 'hold_start', 'hold_end', 'speech_start', 'speech_end'] as const;
      for (const [index, event] of events.entries()) speech.tell({ event, atMs: index * 100, levelDbfs: -20 });
      for (const [index, event] of events.entries()) {
        const message = await told.at(index);
        assert.deepEqual([message.topic, message.payload, message.call], [event, event, call]);
        assert.deepEqual(message.speech, { event, atMs: index * 100, levelDbfs: -20 });
      }
      const figures = { listenedMs: 9000, speechMs: 1200, utterances: 2, heard: 'silence' };
      speech.over.resolve({ result: 'call_ended', ...figures });
      const ended = await done.at(0);
      assert.deepEqual(ended.speech, { result: 'call_ended', ...figures });
      assert.deepEqual([ended.media, ended.keep], [{ action: 'speech', result: 'call_ended' }, 1]);
      assert.deepEqual(caught.messages, []);
    });
  });

  describe('pause and resume', () => {
    const recorder = (told: string[]) => {
      const task = new PlayedTask<object>();
      const leg = {
        record: (options: object) => ({
          ...task.start(options),
          pause: async () => void told.push('pause'),
          resume: async () => void told.push('resume'),
        }),
      };
      return { task, leg };
    };
    const NODES = [
      { id: 'record', action: 'record', folder: '/r' },
      { id: 'pause', action: 'pause' },
      { id: 'resume', action: 'resume' },
    ];

    it('only the recording of the call of the message, told on output 1 once it is so', async () => {
      const told: string[] = [];
      const { task, leg } = recorder(told);
      const { done, told: second, caught } = await loadMedia(leg, NODES);
      const call = nextCall();
      say({ call }, 'record');
      await until(() => task.options !== undefined);
      say({ call: nextCall(), keep: 0 }, 'pause');
      assert.deepEqual((await done.at(0)).media, { action: 'pause', recordings: 0 });
      say({ call, keep: 1 }, 'pause');
      const paused = await done.at(1);
      assert.deepEqual([paused.media, paused.keep], [{ action: 'pause', recordings: 1 }, 1]);
      say({ call }, 'resume');
      assert.deepEqual((await done.at(2)).media, { action: 'resume', recordings: 1 });
      assert.deepEqual(told, ['pause', 'resume']);
      task.over.resolve({ file: '/r/a.wav', result: 'call_ended' });
      assert.equal((await done.at(3)).payload, '/r/a.wav');
      say({ call }, 'pause');
      assert.deepEqual((await done.at(4)).media, { action: 'pause', recordings: 0 });
      assert.deepEqual([second.messages, caught.messages], [[], []]);
    });

    it('a message without a call, and a recording that cannot pause any more, are errors', async () => {
      const { task, leg } = recorder([]);
      const dying = {
        record: (options: object) => ({
          ...leg.record(options),
          pause: () => Promise.reject(new MediaError('media_worker_died', 'The worker stopped.', 'Call again.')),
        }),
      };
      const { caught } = await loadMedia(dying, NODES);
      say({}, 'pause');
      assert.equal(codeOf(await caught.at(0)), 'call_missing');
      const call = nextCall();
      say({ call }, 'record');
      await until(() => task.options !== undefined);
      say({ call }, 'pause');
      assert.equal(codeOf(await caught.at(1)), 'media_worker_died');
      task.over.resolve({ result: 'call_ended' });
    });
  });

  it('a stream goes on through a deploy: its news and its end come out of the next instance', async () => {
    const speech = new PlayedTask<SpeechOptions, SpeechEvent>();
    const leg = { speech: (options: SpeechOptions) => speech.start(options) };
    await loadMedia(leg, [{ action: 'speech' }]);
    say({ call: nextCall(), keep: 1 });
    await until(() => speech.options !== undefined);
    await helper.setFlows(mediaFlow({ action: 'speech', endMs: 900 }), 'full');
    const [done, told] = [new Inbox('out1'), new Inbox('out2')];
    speech.tell({ event: 'speech_start', atMs: 0 });
    assert.equal((await told.at(0)).topic, 'speech_start');
    speech.over.resolve({ result: 'stopped', heard: 'speech' });
    assert.deepEqual((await done.at(0)).keep, 1);
    assert.equal(done.messages.length, 1);
  });
});
