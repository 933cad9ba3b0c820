import { strict as assert } from 'node:assert';
import type { Explanation } from '../../../../lib/ledger/ledger.ts';
import { mayCall } from '../../../../lib/permission/may-call.ts';
import { mayRequest } from '../../../../lib/permission/may-request.ts';
import type { LimitState, PairSnapshot } from '../../../../lib/permission/model.ts';
import { findProfile } from '../../../../lib/permission/rules.ts';
import { reasonMessage } from '../../../../lib/runtime/messages.ts';
import { explanationMessage } from '../../../../lib/runtime/permission/explanation-message.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const rule = { id: 'r', limit: 'a rule', source: 'a page', date: '2026-06-26' };
const HOUR = 3_600_000;

/** An explanation whose only limit for calls is this one. */
const withLimit = (limit: Omit<LimitState, 'rule'>): Explanation => ({
  contact: { phone: '5511955500123' },
  permission: { status: 'not_requested' },
  canRequest: true,
  requestLimits: [],
  canCall: true,
  callLimits: [{ rule, ...limit }],
});
const textOf = (limit: Omit<LimitState, 'rule'>) =>
  explanationMessage(withLimit(limit), NOW).call.limits[0]?.text ?? assert.fail();

describe('explanations in messages', () => {
  it('say the words and the next time of the decision itself, with every limit', () => {
    const profile = findProfile('meta-2026') ?? assert.fail();
    const snapshot: PairSnapshot = {
      businessNumber: { id: '1', phone: '351211000100' },
      contact: { phone: '5511955500123' },
      permission: { status: 'pending', requestedAt: NOW - HOUR, purpose: 'delivery' },
      requests: [{ reservationId: 'q', at: NOW - HOUR, state: 'consumed' }],
      calls: [],
      unanswered: 0,
      number: { startedLastDay: 0, live: 0 },
    };
    const call = mayCall(snapshot, profile, NOW);
    const request = mayRequest(snapshot, profile, NOW, { via: 'auto', hasTemplate: true });
    assert.ok(!call.allowed && !request.allowed);
    const told = explanationMessage(
      {
        contact: snapshot.contact,
        permission: snapshot.permission,
        canCall: false,
        callReason: call.reason,
        callLimits: call.limits,
        canRequest: false,
        requestReason: request.reason,
        requestLimits: request.limits,
      },
      NOW,
    );
    assert.equal(told.at, '2026-11-21T10:00:00.000Z');
    assert.deepEqual(
      [told.permission.status, told.permission.canCall, told.permission.canRequest],
      ['pending', false, false],
    );
    assert.deepEqual([told.call.text, told.call.reason], [call.reason.text, reasonMessage(call.reason)]);
    assert.deepEqual([told.request.text, told.request.reason], [request.reason.text, reasonMessage(request.reason)]);
    assert.deepEqual(
      told.call.limits.map((limit) => limit.rule),
      call.limits.map((limit) => limit.rule),
    );
    const [day, week] = told.request.limits;
    assert.deepEqual(
      [day?.used, day?.allowed, day?.full, day?.freesAt, day?.rule.date],
      [1, 1, true, '2026-11-22T09:01:00.000Z', '2026-06-26'],
    );
    assert.equal(day?.text, 'In the way until 2026-11-22 09:01 UTC.');
    assert.deepEqual([week?.full, week?.freesAt, week?.text], [false, undefined, '1 of 2 used.']);
    assert.deepEqual(JSON.parse(JSON.stringify(told)), told, 'plain JSON');
  });

  it('say yes in a sentence, and list warnings', () => {
    const warning = { code: 'call_gap', text: 'Too soon.', nextStep: 'Wait.' } as const;
    const told = explanationMessage({ ...withLimit({ allowed: 2, used: 0 }), callWarnings: [warning] }, NOW);
    assert.equal(told.call.text, 'This person may be called now.');
    assert.deepEqual(told.call.warnings, [warning]);
    assert.equal(told.call.reason, undefined);
    assert.equal(told.request.text, 'This person may be asked for permission now.');
    assert.equal(told.request.warnings, undefined);
  });

  it('put a limit in plain words', () => {
    assert.equal(textOf({ allowed: 100, used: 3 }), '3 of 100 used.');
    assert.equal(textOf({ allowed: 5, used: 5 }), '5 of 5 used, in the way.');
    assert.equal(textOf({ allowed: 5, used: 5, freesAt: NOW }), '5 of 5 used, in the way until 2026-11-21 10:00 UTC.');
    assert.equal(textOf({ allowed: 1, used: 0 }), 'Not in the way.');
    assert.equal(textOf({ allowed: 1, used: 1, warns: true, freesAt: NOW }), 'Only warns until 2026-11-21 10:00 UTC.');
    assert.equal(textOf({ allowed: 900, used: 61.7, unit: 'seconds' }), '1 min 1 s of 15 min.');
    assert.equal(textOf({ allowed: 86_400, used: 90_000, unit: 'seconds' }), '1 d 1 h of 1 d, in the way.');
    assert.equal(textOf({ allowed: 60, used: 0, unit: 'seconds' }), '0 s of 1 min.');
    assert.equal(textOf({ allowed: 604_800, used: 90_061, unit: 'seconds' }), '1 d 1 h of 7 d.');
    assert.equal(textOf({ allowed: 604_800, used: 86_460, unit: 'seconds' }), '1 d of 7 d.');
  });
});
