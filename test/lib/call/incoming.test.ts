import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { CallEffect } from '../../../lib/call/effect.ts';
import type { CallInput } from '../../../lib/call/input.ts';
import { type CallState, incomingCall } from '../../../lib/call/state.ts';
import { transition } from '../../../lib/call/transition.ts';
import { viewOf } from '../../../lib/call/view.ts';

const T = 1_795_176_400_000;
const CALL = 'wacid.in';
const NOW = T + 80_000;

const CONNECT: CallInput = { kind: 'connect', callId: CALL, at: T };
const PREPARED: CallInput = { kind: 'prepared' };
const ACCEPT: CallInput = { kind: 'accept' };
const CONFIRMED: CallInput = { kind: 'accept_confirmed' };
const MEDIA: CallInput = { kind: 'media_connected' };
const REFUSED: CallInput = { kind: 'end', cause: 'refused' };
const ERROR = { code: 'provider_refused', message: 'The provider refused it.' };
const NOT_TAKEN: CallInput = { kind: 'accept_failed', error: ERROR, over: false };
const TOO_LATE: CallInput = { kind: 'accept_failed', error: ERROR, over: true };
const TALKED: CallInput = {
  kind: 'terminated',
  callId: CALL,
  at: T + 66_000,
  status: 'completed',
  startedAt: T + 5_000,
  endedAt: T + 65_000,
  durationSeconds: 60,
  errors: [],
};
const HUNG_UP: CallInput = { kind: 'terminated', callId: CALL, at: T + 12_000, status: 'completed', errors: [] };
const RANG_OUT: CallInput = { kind: 'terminated', callId: CALL, at: T + 60_000, status: 'completed', errors: [] };
const FAILED: CallInput = {
  kind: 'terminated',
  callId: CALL,
  at: T + 12_000,
  status: 'failed',
  errors: [{ code: '138020', message: 'Relay connection failed' }],
};

function fresh(prepares = true, media: 'webrtc' | 'none' = 'webrtc'): CallState {
  return incomingCall({
    id: 'in-1',
    callId: CALL,
    contact: { phone: '5511955500123', userId: 'BR.1' },
    businessNumber: { id: '334455667788990', phone: '351211000100' },
    purpose: '',
    startedAt: T,
    connectAt: T,
    media,
    prepares,
  });
}

/** The clock stands still: what depends on it is ours, not the webhooks'. */
function play(inputs: CallInput[], from: CallState = fresh()): { state: CallState; effects: CallEffect[] } {
  let state = from;
  const effects: CallEffect[] = [];
  for (const input of inputs) {
    const step = transition(state, input, NOW);
    assert.equal(state.name === 'ended' && step.state.name !== 'ended', false, `${input.kind} reopened an ended call`);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

const count = (effects: CallEffect[], what: CallEffect['do']): number =>
  effects.filter((effect) => effect.do === what).length;
const told = (effects: CallEffect[]): string[] =>
  effects.flatMap((effect) => (effect.do === 'emit' ? [effect.event] : []));

function* orders<T>(items: T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  const tried = new Set<T>();
  for (const [index, item] of items.entries()) {
    if (tried.has(item)) continue;
    tried.add(item);
    for (const rest of orders([...items.slice(0, index), ...items.slice(index + 1)])) yield [item, ...rest];
  }
}

/** Every choice of once or twice for each input. */
function* doubled<T>(items: T[]): Generator<T[]> {
  for (let mask = 0; mask < 2 ** items.length; mask += 1)
    yield items.flatMap((item, index) => ((mask >> index) & 1 ? [item, item] : [item]));
}

describe('lib/call/incoming', () => {
  const sets: { name: string; inputs: CallInput[]; outcome: string; answeredAt?: number; by: string }[] = [
    {
      name: 'answered',
      inputs: [CONFIRMED, MEDIA, TALKED, CONNECT],
      outcome: 'completed',
      answeredAt: NOW,
      by: 'them',
    },
    { name: 'reply to accept lost', inputs: [TALKED, CONNECT], outcome: 'completed', answeredAt: T + 5000, by: 'them' },
    { name: 'hung up at the very moment', inputs: [CONFIRMED, HUNG_UP, CONNECT], outcome: 'cancelled', by: 'them' },
    { name: 'the person was faster', inputs: [HUNG_UP, CONNECT], outcome: 'cancelled', by: 'them' },
    { name: 'nobody took it in time', inputs: [RANG_OUT, CONNECT], outcome: 'no_answer', by: 'unknown' },
    { name: 'failed at the phone', inputs: [CONFIRMED, FAILED, CONNECT], outcome: 'failed', by: 'network' },
    { name: 'accept comes too late', inputs: [TOO_LATE, HUNG_UP, CONNECT], outcome: 'cancelled', by: 'them' },
  ];
  for (const { name, inputs, outcome, answeredAt, by } of sets) {
    it(`ends the same way in every order of connect, terminate and our replies, each once or twice: ${name}`, () => {
      let tried = 0;
      for (const repeated of doubled(inputs))
        for (const order of orders(repeated)) {
          const { state, effects } = play([PREPARED, ACCEPT, ...order]);
          const view = viewOf(state);
          tried += 1;
          assert.deepEqual(
            [view.state, view.outcome, view.answeredAt, view.endedBy],
            ['ended', outcome, answeredAt, by],
            order.map(({ kind }) => kind).join(' '),
          );
          assert.equal(count(effects, 'conclude'), 1);
          assert.equal(count(effects, 'accept'), 1);
          assert.equal(count(effects, 'terminate') + count(effects, 'refuse'), 0);
          assert.equal(new Set(told(effects)).size, told(effects).length, 'an event was told twice');
        }
      assert.ok(tried > 1);
    });
  }

  it('opens the gate for sound only with the reply to accept', () => {
    for (const order of orders([PREPARED, ACCEPT, MEDIA])) {
      const { state, effects } = play(order);
      assert.equal(state.name, 'accepting');
      assert.equal(viewOf(state).state, 'accepting');
      assert.deepEqual([count(effects, 'accept'), count(effects, 'open_gate')], [1, 0]);
      const answered = play([CONFIRMED], state);
      assert.equal(answered.effects[0]?.do, 'open_gate');
      assert.deepEqual(told(answered.effects), ['accepted', 'answered']);
    }
    const late = play([PREPARED, ACCEPT, CONFIRMED]);
    assert.deepEqual(told(late.effects), ['accepted']);
    assert.deepEqual(told(play([MEDIA], late.state).effects), ['answered']);
  });

  it('waits with accept until the answer is prepared, and accepts once', () => {
    const { effects } = play([ACCEPT, ACCEPT]);
    assert.equal(count(effects, 'accept'), 0);
    assert.equal(count(play([ACCEPT, ACCEPT, PREPARED, PREPARED, ACCEPT]).effects, 'accept'), 1);
    assert.equal(count(play([ACCEPT], fresh(false)).effects, 'accept'), 1);
  });

  it('refuses what rings and terminates what was taken, once, and knows who it was', () => {
    for (const [before, wanted] of [
      [[], 'refuse'],
      [[PREPARED], 'refuse'],
      [[PREPARED, ACCEPT], 'terminate'],
      [[PREPARED, ACCEPT, CONFIRMED], 'terminate'],
      [[PREPARED, ACCEPT, CONFIRMED, MEDIA], 'terminate'],
    ] as [CallInput[], 'refuse' | 'terminate'][]) {
      const { state, effects } = play([...before, REFUSED, REFUSED, { kind: 'end', cause: 'flow' }]);
      assert.equal(state.name, 'ending');
      assert.equal(count(effects, wanted), 1);
      assert.equal(count(effects, 'refuse') + count(effects, 'terminate'), 1);
    }
    const { state } = play([REFUSED, { kind: 'terminate_confirmed' }, HUNG_UP]);
    assert.deepEqual([viewOf(state).outcome, viewOf(state).endedBy], ['declined', 'us']);
    const silent = play([REFUSED, { kind: 'terminate_confirmed' }, { kind: 'end_overdue' }]);
    assert.equal(viewOf(silent.state).outcome, 'declined');
    assert.equal(viewOf(play([{ kind: 'end', cause: 'ring_timeout' }, RANG_OUT]).state).outcome, 'no_answer');
  });

  it('lets nobody go on ringing whose call could not be taken, and tells why', () => {
    const { state, effects } = play([PREPARED, ACCEPT, NOT_TAKEN, HUNG_UP]);
    assert.equal(count(effects, 'refuse'), 1);
    assert.deepEqual([viewOf(state).outcome, viewOf(state).errors], ['failed', [ERROR]]);
    const broken = play([{ kind: 'media_lost', error: ERROR }, HUNG_UP]);
    assert.equal(count(broken.effects, 'refuse'), 1);
    assert.equal(viewOf(broken.state).outcome, 'failed');
  });

  it('ends a call that was taken but never had sound as failed', () => {
    const { state, effects } = play([
      PREPARED,
      ACCEPT,
      CONFIRMED,
      { kind: 'media_slow' },
      { kind: 'media_missing' },
      TALKED,
    ]);
    assert.equal(count(effects, 'terminate'), 1);
    assert.equal(viewOf(state).outcome, 'failed');
    assert.equal(viewOf(state).errors?.[0]?.code, 'media_not_connected');
  });

  it('is not moved by what only belongs to calls of ours', () => {
    const foreign: CallInput[] = [
      { kind: 'placing' },
      { kind: 'placed', callId: CALL },
      { kind: 'ringing', callId: CALL, at: T },
      { kind: 'rejected', callId: CALL, at: T },
      { kind: 'accepted', callId: CALL, at: T },
      { kind: 'place_unknown' },
      { kind: 'place_refused' },
      { kind: 'unknown_expired' },
      { kind: 'media_bye' },
      CONFIRMED,
      NOT_TAKEN,
    ];
    for (const input of foreign) {
      const from = fresh();
      assert.deepEqual(transition(from, input, NOW), { state: from, effects: [] }, input.kind);
    }
  });

  it('shows flows an incoming call as ringing, with its direction', () => {
    const { state, direction, ringingAt, providerCallId } = viewOf(fresh());
    assert.deepEqual([state, direction, ringingAt, providerCallId], ['ringing', 'inbound', T, CALL]);
  });

  it('holds its promises for any sequence of inputs', () => {
    const any = fc.constantFrom<CallInput>(
      ...[CONNECT, PREPARED, ACCEPT, CONFIRMED, MEDIA, REFUSED, NOT_TAKEN, TOO_LATE, TALKED, HUNG_UP, RANG_OUT, FAILED],
      { kind: 'accepted', callId: CALL, at: T },
      { kind: 'media_lost', error: ERROR },
      { kind: 'media_bye' },
      { kind: 'media_slow' },
      { kind: 'media_missing' },
      { kind: 'end', cause: 'ring_timeout' },
      { kind: 'end', cause: 'config_removed' },
      { kind: 'terminate_confirmed' },
      { kind: 'end_overdue' },
    );
    fc.assert(
      fc.property(fc.array(any, { maxLength: 14 }), fc.boolean(), (inputs, prepares) => {
        const { state, effects } = play(inputs, fresh(prepares));
        assert.equal(count(effects, 'conclude'), state.name === 'ended' ? 1 : 0);
        assert.ok(count(effects, 'accept') <= 1, 'accepted twice');
        assert.ok(count(effects, 'refuse') <= 1);
        assert.ok(count(effects, 'open_gate') <= 1);
        if (count(effects, 'open_gate') === 1) {
          const opened = effects.findIndex((effect) => effect.do === 'open_gate');
          assert.ok(effects.findIndex((effect) => effect.do === 'accept') < opened);
        }
        const events = told(effects).filter((event) => event !== 'warning');
        assert.equal(new Set(events).size, events.length);
        const over = effects.findIndex((effect) => effect.do === 'conclude');
        if (over >= 0) assert.deepEqual(told(effects.slice(over)), []);
        assert.equal(viewOf(state).outcome !== undefined, state.name === 'ended');
      }),
      { numRuns: 2000 },
    );
  });
});
