import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { CallEffect } from '../../../lib/call/effect.ts';
import type { CallInput } from '../../../lib/call/input.ts';
import { type CallState, reservedCall } from '../../../lib/call/state.ts';
import { transition } from '../../../lib/call/transition.ts';
import { viewOf } from '../../../lib/call/view.ts';

const T = 1_795_176_000_000;
const CALL = 'wacid.1';
const CONTACT = { phone: '5511955500123', userId: 'BR.1' };
const NUMBER = { id: '334455667788990', phone: '351211000100' };

const CONNECT: CallInput = { kind: 'connect', callId: CALL, at: T + 1000, answer: 'v=0 answer' };
const RINGING: CallInput = { kind: 'ringing', callId: CALL, at: T + 2000 };
const ACCEPTED: CallInput = { kind: 'accepted', callId: CALL, at: T + 9000 };
const REJECTED: CallInput = { kind: 'rejected', callId: CALL, at: T + 8000 };
const PLACED: CallInput = { kind: 'placed', callId: CALL };
const TALKED: CallInput = {
  kind: 'terminated',
  callId: CALL,
  at: T + 71_000,
  status: 'completed',
  startedAt: T + 9000,
  endedAt: T + 70_000,
  durationSeconds: 61,
  errors: [],
};
const NOT_TALKED: CallInput = { kind: 'terminated', callId: CALL, at: T + 71_000, status: 'completed', errors: [] };
const FAILED: CallInput = {
  kind: 'terminated',
  callId: CALL,
  at: T + 71_000,
  status: 'failed',
  errors: [{ code: '138021', message: 'Media receive timeout' }],
};

function fresh(media: 'webrtc' | 'none' = 'webrtc'): CallState {
  return reservedCall({
    id: 'c1',
    contact: CONTACT,
    businessNumber: NUMBER,
    purpose: 'delivery',
    startedAt: T,
    media,
  });
}

/** The clock stands still: what depends on it is ours, not the webhooks'. */
function play(inputs: CallInput[], from: CallState = fresh()): { state: CallState; effects: CallEffect[] } {
  let state = from;
  const effects: CallEffect[] = [];
  for (const input of inputs) {
    const step = transition(state, input, T + 80_000);
    assert.equal(state.name === 'ended' && step.state.name !== 'ended', false, `${input.kind} reopened an ended call`);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

function count(effects: CallEffect[], what: CallEffect['do']): number {
  return effects.filter((effect) => effect.do === what).length;
}
function told(effects: CallEffect[]): string[] {
  return effects.flatMap((effect) => (effect.do === 'emit' ? [effect.event] : []));
}

/** Every different order of these inputs. */
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

describe('lib/call/transition', () => {
  const sets: { name: string; inputs: CallInput[]; outcome: string; answeredAt?: number }[] = [
    { name: 'talked', inputs: [CONNECT, RINGING, ACCEPTED, TALKED], outcome: 'completed', answeredAt: T + 9000 },
    {
      name: 'accepted, terminate without duration',
      inputs: [CONNECT, RINGING, ACCEPTED, NOT_TALKED],
      outcome: 'completed',
      answeredAt: T + 9000,
    },
    {
      name: 'failed after pick-up',
      inputs: [CONNECT, RINGING, ACCEPTED, FAILED],
      outcome: 'failed',
      answeredAt: T + 9000,
    },
    { name: 'ACCEPTED lost', inputs: [CONNECT, RINGING, TALKED], outcome: 'completed', answeredAt: T + 9000 },
    { name: 'missed', inputs: [CONNECT, RINGING, NOT_TALKED], outcome: 'no_answer' },
    { name: 'phone offline', inputs: [CONNECT, NOT_TALKED], outcome: 'no_answer' },
    { name: 'declined', inputs: [CONNECT, RINGING, REJECTED, NOT_TALKED], outcome: 'declined' },
    { name: 'failed', inputs: [CONNECT, FAILED], outcome: 'failed' },
  ];
  for (const { name, inputs, outcome, answeredAt } of sets) {
    it(`ends the same way in every order, each once or twice: ${name}`, () => {
      const [first] = orders(inputs);
      const expected = play([{ kind: 'placing' }, PLACED, ...(first ?? [])]).state;
      const view = viewOf(expected);
      assert.equal(view.state, 'ended');
      assert.equal(view.outcome, outcome);
      assert.equal(view.answeredAt, answeredAt);
      let tried = 0;
      for (const repeated of doubled(inputs))
        for (const order of orders(repeated)) {
          const { state, effects } = play([{ kind: 'placing' }, PLACED, ...order]);
          tried += 1;
          assert.deepEqual(state, expected);
          assert.equal(count(effects, 'conclude'), 1);
          assert.equal(count(effects, 'terminate'), 0);
          assert.ok(count(effects, 'apply_answer') <= 1);
          assert.equal(new Set(told(effects)).size, told(effects).length, 'an event was told twice');
        }
      assert.ok(tried > 1);
    });
  }

  it('does not matter when the HTTP reply comes among the webhooks', () => {
    const inputs = [PLACED, CONNECT, RINGING, ACCEPTED, TALKED];
    const expected = play([{ kind: 'placing' }, ...inputs]).state;
    for (const order of orders(inputs)) {
      const { state, effects } = play([{ kind: 'placing' }, ...order]);
      assert.deepEqual(state, expected);
      assert.equal(count(effects, 'conclude'), 1);
      const events = told(effects);
      if (events.includes('placed')) assert.equal(events[0], 'placed');
    }
  });

  it('takes connect and COMPLETED alone for no proof of a connected call', () => {
    const { state, effects } = play([{ kind: 'placing' }, PLACED, CONNECT, { kind: 'media_connected' }, NOT_TALKED]);
    assert.equal(viewOf(state).outcome, 'no_answer');
    assert.equal(viewOf(state).answeredAt, undefined);
    assert.ok(!told(effects).includes('answered'));
  });

  it('tells answered when both the person picked up and the audio is up, in either order', () => {
    for (const order of orders<CallInput>([ACCEPTED, { kind: 'media_connected' }])) {
      const { effects } = play([{ kind: 'placing' }, PLACED, CONNECT, ...order]);
      assert.equal(told(effects).filter((event) => event === 'answered').length, 1);
      assert.equal(told(effects).at(-1), 'answered');
    }
    const { effects } = play([{ kind: 'placing' }, PLACED, ACCEPTED], fresh('none'));
    assert.equal(told(effects).at(-1), 'answered');
  });

  it('warns, and then ends as failed, when there is no audio after pick-up', () => {
    const { state, effects } = play([
      { kind: 'placing' },
      PLACED,
      CONNECT,
      ACCEPTED,
      { kind: 'media_slow' },
      { kind: 'media_missing' },
      { kind: 'terminate_confirmed' },
      TALKED,
    ]);
    assert.ok(told(effects).includes('warning'));
    assert.equal(count(effects, 'terminate'), 1);
    const view = viewOf(state);
    assert.equal(view.outcome, 'failed');
    assert.equal(view.answeredAt, T + 9000);
    assert.equal(view.errors?.[0]?.code, 'media_not_connected');
  });

  it('keeps a conversation completed when the audio is lost in its middle', () => {
    const error = { code: 'media_lost', message: 'The audio connection was lost.' };
    const { state, effects } = play([
      { kind: 'placing' },
      PLACED,
      CONNECT,
      ACCEPTED,
      { kind: 'media_connected' },
      { kind: 'media_lost', error },
      TALKED,
    ]);
    assert.equal(count(effects, 'terminate'), 1);
    assert.equal(viewOf(state).outcome, 'completed');
    assert.equal(viewOf(state).endedBy, 'network');
    assert.deepEqual(viewOf(state).errors, [error]);
  });

  it('tells our own end apart: cancelled, no answer, and talked anyway', () => {
    const ended = (cause: 'flow' | 'ring_timeout', last: CallInput) =>
      viewOf(play([{ kind: 'placing' }, PLACED, RINGING, { kind: 'end', cause }, last]).state);
    assert.equal(ended('flow', NOT_TALKED).outcome, 'cancelled');
    assert.equal(ended('flow', NOT_TALKED).endedBy, 'us');
    assert.equal(ended('ring_timeout', NOT_TALKED).outcome, 'no_answer');
    assert.equal(ended('ring_timeout', TALKED).outcome, 'completed');
    assert.equal(ended('flow', { kind: 'end_overdue' }).outcome, 'cancelled');
  });

  it('terminates once the id is known when the end came first', () => {
    for (const learned of [PLACED, CONNECT, RINGING]) {
      const { effects } = play([{ kind: 'placing' }, { kind: 'end', cause: 'flow' }, learned, PLACED, CONNECT]);
      assert.equal(count(effects, 'terminate'), 1);
      assert.equal(count(effects, 'apply_answer'), 0);
    }
  });

  it('ends a call of unknown placing as failed when nothing is ever heard', () => {
    const { state, effects } = play([{ kind: 'placing' }, { kind: 'place_unknown' }, { kind: 'unknown_expired' }]);
    assert.equal(viewOf(state).outcome, 'failed');
    assert.equal(viewOf(state).errors?.[0]?.code, 'outcome_unknown');
    assert.deepEqual(
      effects.filter((effect) => effect.do === 'conclude'),
      [{ do: 'conclude', announce: true, tellLedger: true, settle: false }],
    );
  });

  it('goes on normally when a late webhook proves a call of unknown placing', () => {
    const { state, effects } = play([
      { kind: 'placing' },
      { kind: 'place_unknown' },
      CONNECT,
      { kind: 'unknown_expired' },
      ACCEPTED,
      TALKED,
    ]);
    assert.equal(viewOf(state).outcome, 'completed');
    assert.equal(count(effects, 'terminate'), 0);
    assert.equal(count(effects, 'apply_answer'), 1);
  });

  it('hangs up, once, on a call that shows life after we gave it up', () => {
    const lost: CallInput[] = [{ kind: 'placing' }, { kind: 'place_unknown' }, { kind: 'unknown_expired' }];
    const { state, effects } = play([...lost, CONNECT, RINGING, RINGING]);
    assert.equal(state.name, 'ended');
    assert.equal(count(effects, 'terminate'), 1);
    const refused = play([{ kind: 'placing' }, { kind: 'place_refused' }, CONNECT]);
    assert.equal(count(refused.effects, 'terminate'), 1);
  });

  it('believes a webhook rather than a refusal', () => {
    const { state } = play([{ kind: 'placing' }, RINGING, { kind: 'place_refused' }]);
    assert.equal(state.name, 'ringing');
  });

  it('says nothing of a call that never left', () => {
    for (const inputs of [
      [{ kind: 'end', cause: 'shutdown' }],
      [{ kind: 'placing' }, { kind: 'place_refused' }],
    ] satisfies CallInput[][]) {
      const { effects } = play(inputs);
      assert.deepEqual(told(effects), []);
      assert.ok(effects.every((effect) => effect.do !== 'conclude' || !effect.announce));
    }
  });

  it('ends a rejected call whose terminate webhook is lost', () => {
    const { state, effects } = play([{ kind: 'placing' }, PLACED, RINGING, REJECTED, { kind: 'end_overdue' }]);
    assert.ok(effects.some((effect) => effect.do === 'start_timer' && effect.timer === 'webhook'));
    assert.equal(viewOf(state).outcome, 'declined');
    assert.equal(viewOf(state).endedBy, 'them');
  });

  it('measures the duration itself only if the provider never tells it', () => {
    const ours: CallInput[] = [{ kind: 'placing' }, PLACED, ACCEPTED, { kind: 'end', cause: 'flow' }];
    const silent = play([...ours, { kind: 'terminate_confirmed' }, { kind: 'end_overdue' }]).state;
    assert.equal(viewOf(silent).durationSeconds, 71);
    assert.equal(viewOf(play([TALKED], silent).state).durationSeconds, 61);
  });

  it('holds its promises for any sequence of inputs', () => {
    const any = fc.constantFrom<CallInput>(
      PLACED,
      CONNECT,
      RINGING,
      ACCEPTED,
      REJECTED,
      TALKED,
      NOT_TALKED,
      FAILED,
      { kind: 'placing' },
      { kind: 'place_refused' },
      { kind: 'place_unknown' },
      { kind: 'unknown_expired' },
      { kind: 'media_connected' },
      { kind: 'media_lost', error: { code: 'media_lost', message: 'Lost.' } },
      { kind: 'media_bye' },
      { kind: 'media_slow' },
      { kind: 'media_missing' },
      { kind: 'end', cause: 'flow' },
      { kind: 'end', cause: 'ring_timeout' },
      { kind: 'terminate_confirmed' },
      { kind: 'end_overdue' },
    );
    fc.assert(
      fc.property(fc.array(any, { maxLength: 14 }), (inputs) => {
        const { state, effects } = play(inputs);
        const concluded = count(effects, 'conclude');
        assert.equal(concluded, state.name === 'ended' ? 1 : 0);
        assert.ok(count(effects, 'terminate') <= 2, 'terminate: once for our end, once for a stray sign of life');
        assert.ok(count(effects, 'apply_answer') <= 1);
        const events = told(effects).filter((event) => event !== 'warning');
        assert.equal(new Set(events).size, events.length);
        const over = effects.findIndex((effect) => effect.do === 'conclude');
        if (over >= 0) assert.deepEqual(told(effects.slice(over)), []);
        assert.equal(viewOf(state).outcome !== undefined, state.name === 'ended');
      }),
      { numRuns: 2000 },
    );
  });

  it('reaches the same end for any order of the same webhooks around our own end', () => {
    const webhooks = [CONNECT, RINGING, ACCEPTED, TALKED];
    fc.assert(
      fc.property(fc.shuffledSubarray(webhooks, { minLength: 4 }), (order) => {
        const begin: CallInput[] = [{ kind: 'placing' }, PLACED, { kind: 'end', cause: 'flow' }];
        assert.deepEqual(play([...begin, ...order]).state, play([...begin, ...webhooks]).state);
      }),
    );
  });
});
