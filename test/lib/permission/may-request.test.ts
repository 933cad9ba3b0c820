import { strict as assert } from 'node:assert';
import { mayRequest, type RequestOptions } from '../../../lib/permission/may-request.ts';
import type { PairSnapshot } from '../../../lib/permission/model.ts';
import { META_2026 } from '../../../lib/permission/rules.ts';
import { DAY, HOUR, NOON, snapshot, use } from './snapshots.ts';

const SKEW = META_2026.skewMs;
const NOBODY: Partial<PairSnapshot> = { permission: { status: 'not_requested' } };
const ask = (change: Partial<PairSnapshot>, now = NOON, options: Partial<RequestOptions> = {}) =>
  mayRequest(snapshot({ ...NOBODY, ...change }), META_2026, now, { via: 'template', hasTemplate: true, ...options });
const code = (decision: ReturnType<typeof ask>) => (decision.allowed ? 'allowed' : decision.reason.code);

describe('mayRequest', () => {
  it('R2: one request in 24 h, free again exactly when the window and the skew have passed', () => {
    const requests = [use(NOON)];
    assert.equal(code(ask({ requests }, NOON + 1)), 'request_limit_day');
    const free = NOON + DAY + SKEW;
    const refused = ask({ requests }, free - 1);
    assert.equal(code(refused), 'request_limit_day');
    assert.equal(refused.allowed || refused.reason.nextAllowedAt, free);
    assert.equal(refused.allowed || refused.reason.rule?.id, 'request-day');
    assert.match(refused.allowed ? '' : refused.reason.nextStep, /2026-11-21 12:01 UTC/);
    assert.equal(code(ask({ requests }, free)), 'allowed');
  });

  it('R2: two requests in 7 days', () => {
    const requests = [use(NOON), use(NOON + 2 * DAY)];
    const free = NOON + 7 * DAY + SKEW;
    const refused = ask({ requests }, free - 1);
    assert.equal(code(refused), 'request_limit_week');
    assert.equal(refused.allowed || refused.reason.nextAllowedAt, free);
    assert.equal(code(ask({ requests }, free)), 'allowed');
  });

  it('names the later time if both windows are full', () => {
    const refused = ask({ requests: [use(NOON - 5 * DAY), use(NOON)] }, NOON + HOUR);
    assert.equal(code(refused), 'request_limit_day');
    // The day's window frees on day 1, the week's first use leaves on day 2.
    assert.equal(refused.allowed || refused.reason.nextAllowedAt, NOON + 2 * DAY + SKEW);
  });

  it('R2: a connected call forgives the requests before it, not those after it', () => {
    const requests = [use(NOON - HOUR), use(NOON)];
    assert.equal(code(ask({ requests, requestsResetBefore: NOON }, NOON + 1)), 'allowed');
    assert.equal(code(ask({ requests, requestsResetBefore: NOON - 1 }, NOON + 1)), 'request_limit_day');
    assert.equal(code(ask({ requests, lastConnectedAt: NOON + 5 }, NOON + 10)), 'allowed');
  });

  it('counts reservations: unsettled ones whatever was forgiven, unknown ones like sent ones, released ones never', () => {
    assert.equal(
      code(ask({ requests: [use(NOON - HOUR, 'reserved')], requestsResetBefore: NOON })),
      'request_in_progress',
    );
    assert.equal(code(ask({ requests: [use(NOON - HOUR, 'unknown')] })), 'request_limit_day');
    assert.equal(code(ask({ requests: [use(NOON - HOUR, 'unknown')], requestsResetBefore: NOON })), 'allowed');
    assert.equal(code(ask({ requests: [use(NOON - HOUR, 'released')] })), 'allowed');
  });

  it('counts a use that seems to lie in the future', () => {
    assert.equal(code(ask({ requests: [use(NOON + 3 * DAY)] })), 'request_limit_day');
  });

  it('R14: free-form only inside the service window, the template outside it, else a reason', () => {
    const from = NOON;
    const edge = NOON + DAY - SKEW;
    const via = (decision: ReturnType<typeof ask>) => (decision.allowed ? decision.via : decision.reason.code);
    const options = { via: 'auto', hasTemplate: true } as const;
    assert.equal(via(ask({ serviceWindowFrom: from }, edge - 1, options)), 'freeform');
    assert.equal(via(ask({ serviceWindowFrom: from }, edge, options)), 'template');
    assert.equal(via(ask({}, NOON, options)), 'template');
    assert.equal(via(ask({}, NOON, { via: 'auto', hasTemplate: false })), 'service_window_closed');
    assert.equal(via(ask({}, NOON, { via: 'freeform', hasTemplate: true })), 'service_window_closed');
    assert.equal(via(ask({ serviceWindowFrom: from }, NOON, { via: 'freeform', hasTemplate: false })), 'freeform');
    assert.equal(
      via(ask({ serviceWindowFrom: from }, NOON, { via: 'template', hasTemplate: false })),
      'template_missing',
    );
    assert.equal(via(ask({ serviceWindowFrom: from }, NOON, { via: 'template', hasTemplate: true })), 'template');
  });

  it('is blocked by a permanent permission, not by a temporary one', () => {
    assert.equal(code(ask({ permission: snapshot().permission })), 'allowed');
    const permission = { status: 'granted', kind: 'permanent', grantedAt: NOON } as const;
    assert.equal(code(ask({ permission })), 'permanent_permission_exists');
  });

  it('is blocked by a permanent permission that a rule of one’s own has ended, also once that is written down', () => {
    const written = {
      status: 'not_requested',
      kind: 'permanent',
      grantedAt: NOON - 2 * DAY,
      ended: 'expired',
    } as const;
    assert.equal(code(ask({ permission: { ...written, endedAt: NOON } })), 'permanent_permission_exists');
    assert.equal(code(ask({ permission: { ...written, kind: 'temporary' } })), 'allowed');
  });

  it('is blocked by a permanent permission that a lifted opt-out covered: it still holds at WhatsApp', () => {
    const covered = { status: 'denied', kind: 'permanent', ended: 'opt_out', endedAt: NOON } as const;
    const refused = ask({ permission: covered });
    assert.equal(code(refused), 'permanent_permission_exists');
    assert.ok(!refused.allowed && /Refresh/.test(refused.reason.nextStep));
    assert.equal(code(ask({ permission: { ...covered, kind: 'temporary' } })), 'allowed');
  });

  it('hears of the opt-out first, whatever else is wrong', () => {
    const all: Partial<PairSnapshot> = {
      doNotCall: { since: NOON, source: 'keyword' },
      businessNumber: { id: 'pn', phone: '12025550123' },
      contact: {},
      permission: { status: 'granted', kind: 'permanent', grantedAt: NOON },
      requests: [use(NOON), use(NOON)],
      number: { startedLastDay: 0, live: 0, restrictedUntil: NOON + DAY },
    };
    assert.equal(code(ask(all, NOON, { purpose: '' })), 'do_not_call');
    const { doNotCall, ...listedNoMore } = all;
    assert.equal(code(ask(listedNoMore)), 'contact_invalid');
    assert.equal(code(ask({ ...listedNoMore, contact: { userId: 'BR.1' } })), 'country_not_supported');
  });

  it('needs a purpose, and waits for a restriction and for what the provider said', () => {
    assert.equal(code(ask({}, NOON, { purpose: '  ' })), 'purpose_missing');
    assert.equal(code(ask({}, NOON, { purpose: 'your order' })), 'allowed');
    const number = { startedLastDay: 0, live: 0, restrictedUntil: NOON + HOUR, restriction: 'LOW_QUALITY' };
    const refused = ask({ number }, NOON + HOUR + SKEW - 1);
    assert.equal(code(refused), 'number_restricted');
    assert.equal(refused.allowed || refused.reason.nextAllowedAt, NOON + HOUR + SKEW);
    assert.equal(code(ask({ number }, NOON + HOUR + SKEW)), 'allowed');
    assert.equal(code(ask({ requestsBlockedUntil: NOON + HOUR }, NOON + HOUR)), 'request_limit_day');
    assert.equal(code(ask({ requestsBlockedUntil: NOON + HOUR }, NOON + HOUR + SKEW)), 'allowed');
  });

  it('returns every limit, allowed or not', () => {
    for (const decision of [ask({ requests: [use(NOON - 2 * DAY)] }), ask({ requests: [use(NOON)] })]) {
      assert.deepEqual(
        decision.limits.map(({ rule, allowed, used }) => [rule.id, allowed, used]),
        [
          ['request-day', 1, decision.allowed ? 0 : 1],
          ['request-week', 2, 1],
        ],
      );
    }
  });
});
