import { strict as assert } from 'node:assert';
import { type CallFacts, judgeCall } from '../../../lib/permission/call-facts.ts';
import { META_2026 } from '../../../lib/permission/rules.ts';
import { NOON } from './snapshots.ts';

const judge = (facts: CallFacts, cancelledRing: 'never' | 'after_ringing' | 'always' = 'after_ringing') =>
  judgeCall(facts, { ...META_2026, unanswered: { ...META_2026.unanswered, cancelledRing } });
const ended = { at: NOON + 60_000, status: 'completed' } as const;

describe('judgeCall', () => {
  it('takes ACCEPTED or a start or duration in the terminate for connected, and nothing else', () => {
    assert.equal(judge({ acceptedAt: NOON }).connectedAt, NOON);
    assert.equal(judge({ terminated: { ...ended, startedAt: NOON } }).connectedAt, NOON);
    assert.equal(judge({ terminated: { ...ended, durationSeconds: 60 } }).connectedAt, NOON);
    assert.equal(judge({ terminated: { ...ended, durationSeconds: 0 } }).connectedAt, NOON + 60_000);
    assert.equal(judge({ ringingAt: NOON, terminated: ended }).connectedAt, undefined);
    assert.equal(judge({ finished: { outcome: 'completed', at: NOON } }).connectedAt, undefined);
  });

  it('names the outcome and whether it counts as unanswered', () => {
    const cases: [CallFacts, string, boolean][] = [
      [{ ringingAt: NOON, terminated: ended }, 'no_answer', true],
      [{ terminated: ended }, 'no_answer', true],
      [{ rejectedAt: NOON, terminated: ended }, 'declined', true],
      [{ acceptedAt: NOON, terminated: ended }, 'completed', false],
      [{ terminated: { ...ended, status: 'failed', errorCode: '138020' } }, 'failed', false],
      [{ acceptedAt: NOON, terminated: { ...ended, status: 'failed' } }, 'failed', false],
      [{ endRequested: 'cancelled', terminated: ended }, 'cancelled', false],
      [{ endRequested: 'cancelled', ringingAt: NOON, terminated: ended }, 'cancelled', true],
      [{ endRequested: 'no_answer', ringingAt: NOON, terminated: ended }, 'no_answer', true],
      [{ inbound: true, endRequested: 'cancelled', terminated: ended }, 'declined', false],
      [{ inbound: true, endRequested: 'failed', terminated: ended }, 'failed', false],
      [{ inbound: true, endRequested: 'failed', acceptedAt: NOON, terminated: ended }, 'completed', false],
      [{ finished: { outcome: 'failed', at: NOON } }, 'failed', false],
      [{ inbound: true, terminated: ended }, 'no_answer', false],
      [{ inbound: true, rejectedAt: NOON, terminated: ended }, 'declined', false],
      // Too soon for the provider to have given up: the person hung up.
      [{ inbound: true, connectAt: NOON + 40_000, terminated: ended }, 'cancelled', false],
      [{ inbound: true, connectAt: NOON + 30_000, terminated: ended }, 'no_answer', false],
      [{ inbound: true, endRequested: 'cancelled', terminated: ended }, 'declined', false],
      [{ inbound: true, connectAt: NOON + 40_000, endRequested: 'no_answer', terminated: ended }, 'no_answer', false],
      // We had given up on it; the webhook knows better.
      [{ finished: { outcome: 'failed', at: NOON }, ringingAt: NOON, terminated: ended }, 'no_answer', true],
    ];
    for (const [facts, outcome, unanswered] of cases) {
      const verdict = judge(facts);
      assert.deepEqual([verdict.outcome, verdict.unanswered], [outcome, unanswered], JSON.stringify(facts));
    }
  });

  it('lets the profile decide about a ring that we cut short', () => {
    const silent: CallFacts = { endRequested: 'cancelled', terminated: ended };
    const rang: CallFacts = { ...silent, ringingAt: NOON };
    assert.deepEqual([judge(silent, 'never').unanswered, judge(rang, 'never').unanswered], [false, false]);
    assert.deepEqual([judge(silent, 'always').unanswered, judge(rang, 'always').unanswered], [true, true]);
  });

  it('a call has no end before there is one', () => {
    const verdict = judge({ ringingAt: NOON, acceptedAt: NOON + 5_000 });
    assert.deepEqual([verdict.endedAt, verdict.outcome], [undefined, undefined]);
  });
});
