import { strict as assert } from 'node:assert';
import { ProviderError } from '../../../lib/provider/provider.ts';
import type { AnswerPlan } from '../../../lib/switchboard/attendance.ts';
import { ANA, type Bench, bench, event, talked, until } from './bench.ts';
import { FakeLedger } from './fake-ledger.ts';
import { refused, timeout } from './fake-provider.ts';

const CALL = 'wacid.in';
const OFFER = { type: 'offer' as const, sdp: 'v=0 offer of Ana' };
const FLOW: AnswerPlan = { answer: 'flow', afterSeconds: 0, preAccept: true, maxSeconds: 0 };
const rings = (callId = CALL, more = {}) =>
  event('call.connect', callId, { direction: 'inbound', contact: ANA, session: OFFER, ...more });
const ends = (callId = CALL, more = {}) =>
  event('call.terminated', callId, { direction: 'inbound', contact: ANA, ...more });

function state(code: string): ProviderError {
  return new ProviderError('Refused.', 'Wait.', { code, kind: 'never', outcome: 'refused', providerCode: '100' });
}

/** A bench with attendants, by owner. */
function attended(plans: Record<string, AnswerPlan> = { 'node-1': FLOW }, settings = {}): Bench<FakeLedger> {
  const made = bench({ attendWaitMs: 20, mediaWarningMs: 60_000, mediaLimitMs: 60_000, ...settings });
  for (const [owner, plan] of Object.entries(plans)) made.switchboard.attend(owner, { consider: () => plan });
  return made;
}
const callOf = (made: Bench<FakeLedger>) => made.changes[0]?.call ?? assert.fail('nothing was told');
const legOf = (made: Bench<FakeLedger>) => made.media.made[0] ?? assert.fail('there is no leg');

async function ringing(made: Bench<FakeLedger>): Promise<string> {
  await made.deliver(rings());
  await until('the call rings', () => made.events().includes('ringing'));
  return callOf(made).id;
}

async function answered(made: Bench<FakeLedger>): Promise<string> {
  const id = await ringing(made);
  await made.switchboard.accept(id, { nodeId: 'node-1' });
  legOf(made).become('connected');
  await until('it is answered', () => made.events().includes('answered'));
  return id;
}

/** Every different order of these steps. */
function* orders<T>(items: T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    if (items.indexOf(item) < index) continue;
    for (const rest of orders(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}

describe('lib/switchboard: calls to us', () => {
  it('claims, prepares at once, accepts with the very same description, and opens the gate after the reply', async () => {
    const made = attended();
    const reply = Promise.withResolvers<void>();
    made.provider.onAccept = () => reply.promise;
    const id = await ringing(made);
    await until('it is prepared', () => made.provider.answers.length === 1);
    assert.deepEqual([made.provider.answers[0]?.action, legOf(made).offers], ['pre_accept', [OFFER.sdp]]);
    const taking = made.switchboard.accept(id, { nodeId: 'node-1', data: { q: 1 }, maxSeconds: 0 });
    legOf(made).become('connected');
    await until('accept is sent', () => made.provider.answers.length === 2);
    assert.equal(legOf(made).gateOpen, false, 'sound before the reply to accept');
    assert.equal(made.switchboard.call(id)?.state, 'accepting');
    reply.resolve();
    assert.equal((await taking).state, 'answered');
    const [pre, accept] = made.provider.answers;
    assert.equal(accept?.action, 'accept');
    assert.equal(accept?.answer, pre?.answer);
    assert.equal(legOf(made).gateOpen, true);
    await made.deliver(talked(CALL));
    await until('the end', () => made.ended().length === 1);
    const [end] = made.ended();
    assert.deepEqual(
      [end?.call.outcome, end?.call.direction, end?.origin],
      ['completed', 'inbound', { nodeId: 'node-1', data: { q: 1 } }],
    );
    assert.deepEqual(made.events(), ['ringing', 'accepted', 'answered', 'ended']);
    assert.deepEqual([made.provider.terminated, made.provider.rejected, made.media.legs()], [[], [], 0]);
    assert.equal(made.ledger.calls.get(id)?.outcome, 'completed');
    const open = [...made.ledger.inbox.keys()].filter((key) => !made.ledger.handedOut.includes(key));
    await until('all is handed out', () =>
      [...made.ledger.inbox.keys()].every((key) => made.ledger.handedOut.includes(key)),
    ).catch(() => assert.fail(`left: ${open}`));
    await made.switchboard.close('shutdown');
  });

  it('tells the ledger that it is connected as soon as it is', async () => {
    const made = attended();
    const id = await answered(made);
    await until('the ledger knows', () => made.ledger.calls.get(id)?.acceptedAt !== undefined);
    await made.switchboard.close('config_removed');
  });

  it('makes no sound connection before it is taken, if that is not wanted', async () => {
    const made = attended({ 'node-1': { ...FLOW, preAccept: false } });
    const id = await ringing(made);
    assert.equal(made.media.made.length, 0);
    await made.switchboard.accept(id, { nodeId: 'node-1' });
    assert.deepEqual(
      made.provider.answers.map(({ action }) => action),
      ['accept'],
    );
    await made.switchboard.close('config_removed');
  });

  it('gives a call to the first of two flows, and tells the other why not', async () => {
    const made = attended({ 'node-1': FLOW, 'node-2': FLOW });
    const id = await ringing(made);
    assert.deepEqual(made.changes[0]?.offeredTo, ['node-1', 'node-2']);
    const [first, second] = await Promise.allSettled([
      made.switchboard.accept(id, { nodeId: 'node-1' }),
      made.switchboard.accept(id, { nodeId: 'node-2' }),
    ]);
    assert.equal(first.status, 'fulfilled');
    assert.equal(second.status === 'rejected' && second.reason.code, 'call_taken');
    await assert.rejects(made.switchboard.refuse(id, { nodeId: 'node-2' }), { code: 'call_taken' });
    assert.equal(made.provider.answers.filter(({ action }) => action === 'accept').length, 1);
    await made.switchboard.close('config_removed');
  });

  it('the person hangs up first: before it is ours, while it rings, and while we accept', async () => {
    const early = attended();
    early.media.onCreate = () => new Promise((resolve) => setTimeout(resolve, 20));
    await early.deliver(rings(), ends());
    await until('the event is handed out', () => early.ledger.handedOut.length === 2);
    assert.deepEqual(early.events(), [], 'a call that is over already does not ring');

    const made = attended();
    const id = await ringing(made);
    await made.deliver(ends());
    await until('the end', () => made.ended().length === 1);
    assert.deepEqual([made.ended()[0]?.call.outcome, made.ended()[0]?.call.endedBy], ['cancelled', 'them']);
    await assert.rejects(made.switchboard.accept(id, { nodeId: 'node-1' }), { code: 'call_ended' });
    assert.deepEqual([made.provider.rejected, made.provider.terminated], [[], []]);

    const late = attended();
    late.provider.onAccept = async () => {
      throw state('provider_call_over');
    };
    const other = await ringing(late);
    await late.switchboard.accept(other, { nodeId: 'node-1' }).catch(() => {});
    await late.deliver(ends());
    await until('the end', () => late.ended().length === 1);
    assert.deepEqual([late.ended()[0]?.call.outcome, late.provider.rejected], ['cancelled', []]);
    for (const one of [early, made, late]) await one.switchboard.close('config_removed');
  });

  it('ends a call whose accept is refused, and does not leave the person ringing', async () => {
    const made = attended();
    made.provider.onAccept = async () => {
      throw refused('131044', 'operator');
    };
    const id = await ringing(made);
    const call = await made.switchboard.accept(id, { nodeId: 'node-1' });
    assert.deepEqual([call.outcome, call.errors?.[0]?.code], ['failed', '131044']);
    assert.deepEqual([made.provider.rejected, legOf(made).gateOpen], [[CALL], false]);
    assert.equal(made.ended().length, 1);
    await made.switchboard.close('config_removed');
  });

  it('asks once more after an accept without a reply, and takes "in progress" for a yes', async () => {
    for (const [again, wanted] of [
      [undefined, 'answered'],
      [state('provider_call_in_progress'), 'answered'],
      [timeout(), 'ended'],
    ] as const) {
      const made = attended();
      let tries = 0;
      made.provider.onAccept = async () => {
        tries += 1;
        if (tries === 1) throw timeout();
        if (again !== undefined) throw again;
      };
      const id = await ringing(made);
      const call = await made.switchboard.accept(id, { nodeId: 'node-1' });
      assert.deepEqual([call.state, tries], [wanted, 2]);
      await made.switchboard.close('config_removed');
    }
  });

  it('takes a call also if it could not be prepared, but not without sound of our own', async () => {
    const made = attended();
    made.provider.onPreAccept = async () => {
      throw refused('100');
    };
    const id = await ringing(made);
    assert.equal((await made.switchboard.accept(id, { nodeId: 'node-1' })).state, 'answered');
    await made.switchboard.close('config_removed');

    const deaf = attended();
    deaf.media.onCreate = async () => {
      throw new Error('no port is free');
    };
    await ringing(deaf);
    await until('the end', () => deaf.ended().length === 1);
    assert.deepEqual([deaf.ended()[0]?.call.outcome, deaf.provider.rejected], ['failed', [CALL]]);
    await deaf.switchboard.close('config_removed');
  });

  it('ends a taken call whose media never come', async () => {
    const made = attended({ 'node-1': FLOW }, { mediaWarningMs: 30, mediaLimitMs: 60 });
    const id = await ringing(made);
    await made.switchboard.accept(id, { nodeId: 'node-1' });
    await until('the end', () => made.ended().length === 1);
    assert.deepEqual([made.ended()[0]?.call.outcome, made.provider.terminated], ['failed', [CALL]]);
    assert.ok(made.events().includes('warning'));
    await made.switchboard.close('config_removed');
  });

  it('answers by itself after the time, in the name of a node that is still there', async () => {
    const automatic: AnswerPlan = { ...FLOW, answer: 'automatic', afterSeconds: 0.02 };
    const made = attended({ 'node-1': automatic });
    await ringing(made);
    await until('it is accepted', () => made.events().includes('accepted'));
    assert.equal(made.changes.at(-1)?.origin?.nodeId, 'node-1');
    await made.switchboard.close('config_removed');

    const gone = bench({ attendWaitMs: 5 });
    const leave = gone.switchboard.attend('node-1', { consider: () => automatic });
    await ringing(gone);
    leave();
    await gone.deliver(ends());
    await until('the end', () => gone.ended().length === 1);
    assert.deepEqual(
      gone.provider.answers.map(({ action }) => action),
      ['pre_accept'],
    );
    await gone.switchboard.close('config_removed');
  });

  it('refuses by plan with a reason, one message an hour, and one callback entry', async () => {
    const refusal = { code: 'outside_hours', text: 'Closed.', nextStep: 'Call back.' };
    const made = attended({
      'node-1': { ...FLOW, answer: 'refuse', refusal, text: 'We are closed.', callback: 'outside_hours' },
    });
    await made.deliver(rings('wacid.a'));
    await until('the first end', () => made.ended().length === 1);
    await made.deliver(rings('wacid.b'));
    await until('the second end', () => made.ended().length === 2);
    const [end] = made.ended();
    assert.deepEqual([end?.call.outcome, end?.refusal, end?.callback?.source], ['declined', refusal, 'outside_hours']);
    assert.deepEqual(made.provider.rejected, ['wacid.a', 'wacid.b']);
    assert.deepEqual(
      made.provider.texts.map(({ text }) => text),
      ['We are closed.'],
    );
    assert.equal(made.ledger.callbackList.length, 1);
    assert.deepEqual([made.events().includes('ringing'), made.media.made.length], [false, 0]);
    await made.switchboard.close('config_removed');
  });

  it('puts who was missed on the callback list, but not who was refused by a flow, taken, or has opted out', async () => {
    const plan: AnswerPlan = { ...FLOW, callback: 'missed_call' };
    const missed = attended({ 'node-1': plan });
    await ringing(missed);
    await missed.deliver(ends());
    await until('the end', () => missed.ended().length === 1);
    assert.equal(missed.ended()[0]?.callback?.source, 'missed_call');

    const declined = attended({ 'node-1': plan });
    await declined.switchboard.refuse(await ringing(declined), { nodeId: 'node-1' });
    assert.deepEqual([declined.ended()[0]?.call.outcome, declined.ledger.callbackList], ['declined', []]);

    const taken = attended({ 'node-1': plan });
    await answered(taken);
    await taken.deliver(talked(CALL));
    await until('the end', () => taken.ended().length === 1);
    assert.deepEqual(taken.ledger.callbackList, []);

    const listed = attended({ 'node-1': plan });
    listed.ledger.blocked.add(ANA.userId ?? '');
    await ringing(listed);
    await listed.deliver(ends());
    await until('the end', () => listed.ended().length === 1);
    assert.equal(listed.ended()[0]?.callback, undefined);
    for (const one of [missed, declined, taken, listed]) await one.switchboard.close('config_removed');
  });

  it('leaves alone what nobody attends, what is old, and what another instance has', async () => {
    const nobody = bench({ attendWaitMs: 5 });
    await nobody.deliver(rings());
    await until('the event is handed out', () => nobody.ledger.handedOut.length === 1);
    const stale = attended();
    await stale.deliver(rings(CALL, { at: Date.now() - 120_000 }));
    await until('the event is handed out', () => stale.ledger.handedOut.length === 1);
    const claimed = attended();
    claimed.ledger.claimCall = async () => undefined;
    await claimed.deliver(rings());
    await until('the event is handed out', () => claimed.ledger.handedOut.length === 1);
    for (const one of [nobody, stale, claimed]) {
      assert.deepEqual([one.events(), one.provider.answers, one.media.made], [[], [], []]);
      await one.switchboard.close('config_removed');
    }
    assert.ok(nobody.log.some((line) => line.includes('no answer node wants it')));
  });

  it('takes a call that came just before the first node attended', async () => {
    const made = bench({ attendWaitMs: 5000 });
    await made.deliver(rings());
    made.switchboard.attend('node-1', { consider: () => FLOW });
    await until('it rings', () => made.events().includes('ringing'));
    await made.switchboard.close('config_removed');
  });

  it('refuses what rings and terminates what was taken when the number goes, and after a crash', async () => {
    const made = attended();
    await ringing(made);
    await made.switchboard.close('config_removed');
    assert.deepEqual([made.provider.rejected, made.ended()[0]?.call.outcome], [[CALL], 'declined']);

    const ledger = new FakeLedger();
    const died = bench({ attendWaitMs: 5 }, ledger);
    died.switchboard.attend('node-1', { consider: () => FLOW });
    await ringing(died);
    ledger.owner = 'process-2';
    const next = bench({ attendWaitMs: 5 }, ledger);
    await next.switchboard.start();
    await until('the end', () => next.ended().length === 1);
    assert.deepEqual([next.provider.rejected, next.ended()[0]?.call.outcome], [[CALL], 'declined']);
    await next.switchboard.close('config_removed');
    await died.switchboard.close('shutdown', 50);
  });

  it('tries the other request when the first does not fit the call', async () => {
    const made = attended();
    made.provider.onReject = async () => {
      throw refused('100');
    };
    const id = await ringing(made);
    await made.switchboard.refuse(id, { nodeId: 'node-1' });
    assert.deepEqual([made.provider.rejected, made.provider.terminated], [[CALL], [CALL]]);
    await made.switchboard.close('config_removed');
  });

  it('one ended for any order and repetition of connect, terminate and our accept, with every pause of the store', async () => {
    for (const [round, order] of [...orders(['rings', 'rings', 'ends', 'ends', 'accept'])].entries()) {
      const made = attended();
      const slow = round % 3;
      const claim = made.ledger.claimCall.bind(made.ledger);
      made.ledger.claimCall = async (callId) => {
        await new Promise((resolve) => setTimeout(resolve, slow));
        return claim(callId);
      };
      const [ring, end] = [rings(), ends()];
      for (const step of order) {
        if (step === 'rings') await made.deliver(ring);
        if (step === 'ends') await made.deliver(end);
        const call = made.changes[0]?.call;
        if (step === 'accept' && call !== undefined)
          await made.switchboard.accept(call.id, { nodeId: 'node-1' }).catch(() => {});
        if (round % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await until('all is handed out', () => [ring, end].every(({ id }) => made.ledger.handedOut.includes(id)));
      const rung = made.events().filter((event) => event === 'ringing').length;
      assert.equal(made.ended().length, rung, order.join(' '));
      assert.ok(rung <= 1);
      assert.equal(made.provider.answers.filter(({ action }) => action === 'accept').length <= 1, true);
      await made.switchboard.close('config_removed');
      assert.equal(made.media.legs(), 0, order.join(' '));
    }
  });

  it('a hang-up that comes while the call is being claimed ends it after it rang', async () => {
    const made = attended();
    const gate = Promise.withResolvers<void>();
    const claim = made.ledger.claimCall.bind(made.ledger);
    made.ledger.claimCall = async (callId) => {
      const stored = await claim(callId);
      await gate.promise;
      return stored;
    };
    await made.deliver(rings());
    await made.deliver(ends());
    assert.deepEqual(made.events(), []);
    gate.resolve();
    await until('the end', () => made.ended().length === 1);
    assert.deepEqual([made.events(), made.ended()[0]?.call.outcome], [['ringing', 'ended'], 'cancelled']);
    await until('both are handed out', () => made.ledger.handedOut.length === 2);
    await made.switchboard.close('config_removed');
    assert.equal(made.media.legs(), 0);
  });
});
