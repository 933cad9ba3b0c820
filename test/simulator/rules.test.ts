import { strict as assert } from 'node:assert';
import { countConnected, countUnanswered, setPermission } from '../../simulator/pair-changes.ts';
import {
  callRefusals,
  callUse,
  cardAnswerable,
  cardState,
  freeFormRefusal,
  numberRefusal,
  PRODUCTION_LIMITS as P,
  permissionNow,
  requestRefusal,
  requestUse,
  TEST_NUMBER_LIMITS as T,
} from '../../simulator/rules.ts';
import { newPair, newState, type Pair } from '../../simulator/state.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = 1_795_176_000_000;
const FREE = { pair: false, number: 0 };

const callRefusal = (...args: Parameters<typeof callRefusals>) => callRefusals(...args)[0];
const number = () => newState({ businessNumber: '351211000100', testNumber: false }).number;
const pair = (more: Partial<Pair> = {}): Pair => ({ ...newPair(), ...more });
const asked = (...ago: number[]) => pair({ requests: ago.map((ms, index) => ({ id: `r${index}`, at: NOW - ms })) });
const granted = (more: Partial<Pair> = {}) => pair({ permission: { status: 'permanent' }, ...more });
const connected = (count: number, ago: number) =>
  granted({ connected: Array.from({ length: count }, () => NOW - ago) });

describe('simulator: the referee', () => {
  it('one request in 24 h, free again exactly 24 h later', () => {
    assert.equal(requestRefusal(asked(), P, NOW), undefined);
    assert.equal(requestRefusal(asked(DAY - 1), P, NOW)?.code, 138009);
    assert.equal(requestRefusal(asked(DAY), P, NOW), undefined);
    assert.equal(requestUse(asked(HOUR), P, NOW).day.freesAt, NOW - HOUR + DAY);
    assert.equal(requestUse(asked(), P, NOW).day.freesAt, undefined);
  });

  it('two requests in 7 days, free again exactly 7 days after the first', () => {
    assert.equal(requestRefusal(asked(7 * DAY - 1, 2 * DAY), P, NOW)?.code, 138009);
    assert.equal(requestRefusal(asked(7 * DAY, 2 * DAY), P, NOW), undefined);
    assert.equal(requestUse(asked(6 * DAY, 2 * DAY), P, NOW).week.freesAt, NOW + DAY);
  });

  it('the refusal names the moment when both windows are free', () => {
    const refusal = requestRefusal(asked(3 * DAY, HOUR), P, NOW);
    assert.ok(refusal?.details.includes(new Date(NOW + 4 * DAY).toISOString()), refusal?.details);
  });

  it('a connected call of either direction clears both windows; later requests count again', () => {
    for (const direction of ['BUSINESS_INITIATED', 'USER_INITIATED'] as const) {
      const one = asked(3 * DAY, HOUR);
      countConnected(one, direction, NOW - 60_000);
      assert.equal(requestRefusal(one, P, NOW), undefined);
      assert.equal(one.connected.length, direction === 'BUSINESS_INITIATED' ? 1 : 0);
      one.requests.push({ id: 'new', at: NOW - 30_000 });
      assert.equal(requestRefusal(one, P, NOW)?.code, 138009);
    }
  });

  it('a test number may ask 25 times a day and 100 times a week', () => {
    const times = (count: number, ago: number) => Array.from({ length: count }, () => ago);
    assert.equal(requestRefusal(asked(...times(24, HOUR)), T, NOW), undefined);
    assert.equal(requestRefusal(asked(...times(25, HOUR)), T, NOW)?.code, 138009);
    assert.equal(requestRefusal(asked(...times(99, 2 * DAY)), T, NOW), undefined);
    assert.equal(requestRefusal(asked(...times(100, 2 * DAY)), T, NOW)?.code, 138009);
  });

  it('nobody is asked who has allowed calls for good; a temporary permission does not hinder', () => {
    assert.equal(requestRefusal(granted(), P, NOW)?.code, 138017);
    assert.equal(
      requestRefusal(pair({ permission: { status: 'temporary', expiresAt: NOW + DAY } }), P, NOW),
      undefined,
    );
  });

  it('a temporary permission ends exactly at its expiry, with no job having run', () => {
    const one = pair({ permission: { status: 'temporary', expiresAt: NOW } });
    assert.equal(permissionNow(one, NOW - 1).status, 'temporary');
    assert.equal(permissionNow(one, NOW).status, 'no_permission');
    assert.equal(callRefusal(one, number(), FREE, P, NOW - 1), undefined);
    assert.equal(callRefusal(one, number(), FREE, P, NOW)?.code, 138006);
  });

  it('100 connected calls in 24 h, free again exactly 24 h after the first', () => {
    assert.equal(callRefusal(connected(99, HOUR), number(), FREE, P, NOW), undefined);
    const refusal = callRefusal(connected(100, HOUR), number(), FREE, P, NOW);
    assert.equal(refusal?.code, 138012);
    assert.ok(refusal?.details.includes(new Date(NOW + 23 * HOUR).toISOString()));
    assert.equal(callRefusal(connected(100, DAY), number(), FREE, P, NOW), undefined);
    assert.equal(callUse(connected(100, DAY - 1), P, NOW).full, true);
  });

  it('calls of the number: 10,000 in 24 h and 1,000 at a time', () => {
    const busy = { ...number(), started: Array.from({ length: 10_000 }, () => NOW - DAY + 1) };
    assert.equal(callRefusal(granted(), busy, FREE, P, NOW)?.code, 138005);
    assert.equal(callRefusal(granted(), busy, FREE, P, NOW + 1), undefined);
    assert.equal(callRefusal(granted(), number(), { pair: false, number: 999 }, P, NOW), undefined);
    assert.equal(callRefusal(granted(), number(), { pair: false, number: 1000 }, P, NOW)?.code, 138002);
  });

  it('tells every rule that a call breaks, permission first', () => {
    const one = { ...connected(100, HOUR), permission: { status: 'no_permission' as const } };
    const codes = callRefusals(one, number(), { pair: true, number: 1000 }, P, NOW).map(({ code }) => code);
    assert.deepEqual(codes, [138006, 138003, 138012, 138002]);
  });

  it('a temporary permission lasts 604,800 s from the second of the approval', () => {
    const one = pair();
    setPermission(one, 'temporary', NOW + 999);
    assert.deepEqual(one.permission, { status: 'temporary', expiresAt: NOW + 604_800_000 });
    setPermission(one, 'permanent', NOW);
    assert.deepEqual(one.permission, { status: 'permanent' });
    setPermission(one, 'reject', NOW);
    assert.deepEqual(one.permission, { status: 'no_permission' });
  });

  it('one call at a time with a person', () => {
    assert.equal(callRefusal(granted(), number(), { pair: true, number: 1 }, P, NOW)?.code, 138003);
  });

  it('the service window is open for less than 24 h', () => {
    assert.equal(freeFormRefusal(pair(), NOW)?.code, 131047);
    assert.equal(freeFormRefusal(pair({ windowFrom: NOW - DAY + 1 }), NOW), undefined);
    assert.equal(freeFormRefusal(pair({ windowFrom: NOW - DAY }), NOW)?.code, 131047);
  });

  it('nudge after 2, revocation after 4; 5 and 10 on a test number', () => {
    for (const [limits, nudge, revoke] of [
      [P, 2, 4],
      [T, 5, 10],
    ] as const) {
      const one = granted();
      for (let count = 1; count <= revoke; count += 1) {
        const wanted = count === revoke ? 'revoked' : count === nudge ? 'nudge' : 'nothing';
        assert.equal(countUnanswered(one, limits, NOW), wanted, `${count}`);
      }
      assert.equal(one.permission.status, 'no_permission');
      assert.equal(one.unanswered, 0);
    }
  });

  it('without a permission there is nothing to revoke', () => {
    const one = pair({ unanswered: 3 });
    assert.equal(countUnanswered(one, P, NOW), 'nothing');
  });

  it('calling disabled, wrong country, pause: in this order, pause until its end', () => {
    const one = number();
    assert.equal(numberRefusal(one, 'PT', NOW), undefined);
    one.restriction = { type: 'RESTRICTED_USER_INITIATED_CALLING', until: NOW + 1 };
    assert.equal(numberRefusal(one, 'PT', NOW), undefined);
    one.restriction = { type: 'RESTRICTED_BUSINESS_INITIATED_CALLING', until: NOW + 1 };
    assert.equal(numberRefusal(one, 'PT', NOW)?.code, 138014);
    assert.equal(numberRefusal(one, 'PT', NOW + 1), undefined);
    assert.equal(numberRefusal(one, 'US', NOW)?.code, 138013);
    one.calling = { status: 'DISABLED' };
    assert.equal(numberRefusal(one, 'US', NOW)?.code, 138000);
  });

  it('a question lives 7 days from delivery, and 7 more from its answer', () => {
    const card = { id: 'r', at: NOW - HOUR, deliveredAt: NOW };
    assert.equal(cardState(card, NOW + 7 * DAY - 1), 'open');
    assert.equal(cardState(card, NOW + 7 * DAY), 'expired');
    const answered = { ...card, answer: 'declined' as const, answeredAt: NOW + 6 * DAY };
    assert.equal(cardAnswerable(answered, NOW + 12 * DAY), true);
    assert.equal(cardAnswerable(answered, NOW + 13 * DAY), false);
    assert.equal(cardAnswerable({ ...card, replaced: true }, NOW), false);
    assert.equal(cardAnswerable({ ...card, failed: true }, NOW), false);
  });
});
