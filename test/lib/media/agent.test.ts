import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentOptions, StreamNews } from '../../../lib/media/media.ts';
import { resample, toInt16 } from '../../../lib/media/resample.ts';
import { speechLike } from '../../browser/audio.ts';
import { AgentServer } from './agent-server.ts';
import { BridgedPerson, PERSON_RATE } from './bridged-person.ts';
import { assertHeard } from './heard.ts';

const pcm = (samples: Float32Array): Buffer => Buffer.from(toInt16(samples).buffer);
const voice = (seconds: number, sampleRate: number) => speechLike({ seconds, sampleRate, seed: 8 });

async function until(what: string, done: () => boolean): Promise<void> {
  for (let waited = 0; !done(); waited += 20) {
    if (waited > 15_000) throw new Error(`waited in vain: ${what}`);
    await sleep(20);
  }
}

describe('a voice agent behind a WebSocket', function () {
  this.timeout(60_000);
  let person: BridgedPerson;
  let agent: AgentServer;
  let news: StreamNews[];

  beforeEach(async () => {
    person = await BridgedPerson.connect();
    agent = await AgentServer.start();
    news = [];
  });
  afterEach(async () => {
    await person.close();
    await agent.close();
  });

  function open(options: Partial<AgentOptions> = {}, stream = {}) {
    const task = person.leg.stream({ ...stream, agent: { url: agent.url, ...options } });
    task.listen((entry) => news.push(entry));
    return task;
  }

  it('hears the person whole, knows the call by its parameters, and gets its token in a header', async () => {
    const task = open({ headers: { Authorization: 'Bearer TOKEN' }, parameters: { callId: 'wa-1' } });
    await task.started;
    const [connection] = agent.connections;
    assert.ok(connection);
    assert.equal(connection.headers.authorization, 'Bearer TOKEN');
    assert.equal(connection.path, '/agent?key=SECRET');
    await until('start', () => connection.messages.length > 0);
    const { streamId, ...start } = connection.messages[0] ?? {};
    assert.equal(typeof streamId, 'string');
    assert.deepEqual(start, {
      type: 'start',
      version: 1,
      reconnects: 0,
      media: { encoding: 'pcm_s16le', channels: 1, sampleRate: 16_000, chunkMs: 20 },
      parameters: { callId: 'wa-1' },
    });
    const said = voice(2.5, PERSON_RATE);
    await person.say(said);
    await person.press(7, 100);
    await sleep(300);
    const heard = Float32Array.from(
      { length: connection.sound.length / 2 },
      (_, index) => connection.sound.readInt16LE(index * 2) / 32_768,
    );
    assertHeard('the person', said, heard, PERSON_RATE);
    assert.deepEqual(
      connection.of('dtmf').map(({ digit }) => digit),
      ['7'],
    );
    await task.stop();
    const result = await task.done;
    await until('stop', () => connection.of('stop').length === 1);
    assert.equal(connection.of('stop')[0]?.reason, 'stopped');
    assert.equal(connection.sound.length / 32, result.listenedMs);
    assert.ok(!JSON.stringify([result, news]).includes('SECRET'));
    await until('the end of the connection', () => connection.closed);
  });

  it('speaks at its own rate, is told what was said, clears the rest, and talks to the flow', async () => {
    const task = open();
    await task.started;
    const [connection] = agent.connections;
    assert.ok(connection);
    const said = voice(1.5, 24_000);
    connection.send({ type: 'media', sampleRate: 24_000 });
    connection.send(pcm(said));
    connection.send({ type: 'mark', name: 'a' });
    await until('the mark', () => connection.of('mark').length === 1);
    assert.deepEqual(connection.of('mark')[0], { type: 'mark', name: 'a', played: true });
    await sleep(200);
    assertHeard('the agent', resample(said, 24_000, PERSON_RATE), await person.heard(), PERSON_RATE);
    connection.send(pcm(voice(4, 24_000)));
    connection.send({ type: 'mark', name: 'b' });
    connection.send({ type: 'transfer', to: 'sales' });
    await until('its word to the flow', () => news.some(({ kind }) => kind === 'message'));
    await sleep(300);
    connection.send({ type: 'clear' });
    await until('cleared', () => connection.of('cleared').length === 1);
    const cleared = connection.of('cleared')[0];
    assert.ok(Number(cleared?.ms) > 2000 && Number(cleared?.ms) < 3900, JSON.stringify(cleared));
    assert.deepEqual(connection.of('mark')[1], { type: 'mark', name: 'b', played: false });
    connection.send({ type: 'stop' });
    assert.equal((await task.done).result, 'agent_stopped');
  });

  it('comes back after a loss: what it missed is counted and told, the call goes on, its sentence ends', async () => {
    const task = open({ reconnectSeconds: 10 });
    await task.started;
    const [first] = agent.connections;
    first?.send(pcm(voice(2, PERSON_RATE)));
    await until('sound', () => person.sounds().length > 10);
    agent.refuseWith = 503;
    first?.socket.destroy();
    await until('the loss', () => news.some((entry) => entry.kind === 'agent' && entry.state === 'lost'));
    const before = person.sounds().length;
    await sleep(600);
    assert.ok(person.sounds().length - before > 15, 'its sentence goes on');
    agent.refuseWith = undefined;
    await until('the return', () => (agent.connections[1]?.messages.length ?? 0) > 1);
    const [start, dropped] = agent.connections[1]?.messages ?? [];
    assert.deepEqual([start?.type, start?.reconnects, dropped?.type], ['start', 1, 'dropped']);
    await task.stop();
    const result = await task.done;
    assert.equal(result.reconnects, 1);
    assert.equal(result.droppedMs, dropped?.ms);
  });

  it('fails with its host and no more when the agent says no or is not there', async () => {
    agent.onConnection = (connection) => connection.close(4401);
    await assert.rejects(open().done, (error: Error & { code: string }) => {
      assert.equal(error.code, 'media_agent_unreachable');
      assert.match(error.message, /127\.0\.0\.1:\d+ closed the connection with code 4401/);
      return !error.message.includes('SECRET');
    });
    agent.refuseWith = 401;
    await assert.rejects(open({ connectSeconds: 1 }).done, { code: 'media_agent_unreachable' });
    agent.refuseWith = undefined;
    agent.onConnection = (connection) => connection.close(1000);
    assert.equal((await open().done).result, 'agent_stopped');
  });

  it('goes nowhere that is not allowed, and shows its token only where nobody else can read it', async () => {
    const refused = (options: Partial<AgentOptions>) =>
      assert.rejects(open(options).done, (error: Error & { code: string }) => {
        assert.doesNotMatch(error.message, /SECRET|TOKEN/);
        return error.code === 'media_address_refused';
      });
    await refused({ allowedDestinations: [] });
    await refused({ allowedDestinations: ['agent.example.com', '10.0.0.0/8'] });
    await refused({ url: 'http://127.0.0.1/' });
    await refused({ url: 'ws://SECRET:TOKEN@127.0.0.1/' });
    await refused({ url: 'ws://192.0.2.1/?SECRET', headers: { Authorization: 'TOKEN' } });
    await refused({ headers: { Authorization: 'TOKEN\r\nX: y' } });
    await refused({ allowedDestinations: ['not a host'] });
    assert.equal(agent.connections.length, 0);
    const task = open({ allowedDestinations: ['127.0.0.0/8'] });
    await task.started;
    await task.stop();
  });
});
