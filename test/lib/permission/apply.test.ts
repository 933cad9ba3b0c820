import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  applyConnected,
  applyCorrection,
  applyDoNotCall,
  applyLapse,
  applyReply,
  applyRequestFailed,
  applyRequestSent,
  applyUnanswered,
  mergePairs,
  type Reply,
} from '../../../lib/permission/apply.ts';
import { newPair, type PairState } from '../../../lib/permission/pair-state.ts';
import { viewPermission } from '../../../lib/permission/permission-view.ts';
import { META_2026 } from '../../../lib/permission/rules.ts';
import { DAY, HOUR, NOON } from './snapshots.ts';

const accept = (at: number, more: Partial<Reply> = {}): Reply => ({
  at,
  response: 'accept',
  permanent: false,
  source: 'user_action',
  expiresAt: at + 7 * DAY,
  contextId: 'wamid.1',
  ...more,
});
const reject = (at: number, more: Partial<Reply> = {}): Reply => {
  const { expiresAt, ...reply } = accept(at, { response: 'reject', ...more });
  return reply;
};
const reply = (state: PairState, word: Reply, now = word.at + 1_000) => applyReply(state, word, META_2026, now, 'why');
const kinds = (applied: { changes: { kind: string }[] }) => applied.changes.map(({ kind }) => kind);

describe('applyReply', () => {
  it('places every documented kind of reply', () => {
    const { expiresAt, ...bare } = accept(NOON);
    const { contextId, ...unsolicited } = bare;
    const temporary = reply(newPair(), accept(NOON)).state.permission;
    assert.deepEqual(
      [temporary.status, temporary.kind, temporary.source, temporary.expiresAt, temporary.requestId, temporary.purpose],
      ['granted', 'temporary', 'request', NOON + 7 * DAY, 'wamid.1', 'why'],
    );
    const profile = reply(newPair(), { ...unsolicited, permanent: true }).state.permission;
    assert.deepEqual([profile.kind, profile.source, profile.expiresAt], ['permanent', 'profile', undefined]);
    const callback = reply(newPair(), accept(NOON, { source: 'automatic', contextId: 'wacid.1' })).state.permission;
    assert.deepEqual([callback.kind, callback.source, callback.requestId], ['temporary', 'callback', undefined]);
    const declined = reply(newPair(), reject(NOON));
    assert.deepEqual([declined.state.permission.ended, ...kinds(declined)], ['denied', 'denied']);
  });

  it('takes 7 days from the reply if the end is missing or not believable, and says so', () => {
    for (const expiresAt of [undefined, NOON + 60_000 * DAY, Number.NaN, Number.POSITIVE_INFINITY]) {
      const { expiresAt: _, ...bare } = accept(NOON);
      const applied = reply(newPair(), expiresAt === undefined ? bare : { ...bare, expiresAt });
      assert.equal(applied.state.permission.expiresAt, NOON + 604_800_000);
      assert.equal(applied.audit.detail.expiryAssumed, true);
    }
    assert.equal(reply(newPair(), accept(NOON)).audit.detail.expiryAssumed, undefined);
  });

  it('takes a grant that is over when it comes for no permission', () => {
    const { state } = reply(newPair(), accept(NOON, { expiresAt: NOON - 1 }));
    assert.equal(viewPermission(state.permission, META_2026, NOON).status, 'not_requested');
  });

  it('knows a withdrawal from a refusal, and hears of each once', () => {
    const granted = reply(newPair(), accept(NOON)).state;
    const revoked = reply(granted, reject(NOON + HOUR));
    assert.deepEqual(revoked.changes, [{ kind: 'ended', why: 'revoked' }]);
    assert.deepEqual(reply(revoked.state, reject(NOON + 2 * HOUR)).changes, [{ kind: 'denied' }]);
    const late = reply(granted, reject(NOON + 8 * DAY));
    assert.deepEqual(late.changes, [{ kind: 'denied' }]);
    const { contextId, ...automatic } = reject(NOON + HOUR, { source: 'automatic' });
    assert.deepEqual(reply(granted, automatic).changes, [{ kind: 'ended', why: 'automatic' }]);
  });

  it('ends in the same state in whatever order replies arrive', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.record({ at: fc.integer({ min: 0, max: 1000 }), yes: fc.boolean(), permanent: fc.boolean() }),
          {
            selector: ({ at }) => at,
            minLength: 2,
            maxLength: 6,
          },
        ),
        fc.infiniteStream(fc.nat()),
        (words, random) => {
          const replies = words.map(({ at, yes, permanent }) =>
            yes ? accept(NOON + at, { permanent }) : reject(NOON + at),
          );
          const end = (order: Reply[]) => {
            let state = newPair();
            for (const word of order) state = reply(state, word, NOON + 5_000).state;
            const { status, kind, expiresAt, repliedAt } = state.permission;
            return { status, repliedAt, ...(status === 'granted' ? { kind, expiresAt } : {}) };
          };
          const shuffled = replies.map((word) => ({ word, key: random.next().value })).sort((a, b) => a.key - b.key);
          assert.deepEqual(end(shuffled.map(({ word }) => word)), end([...replies].sort((a, b) => a.at - b.at)));
        },
      ),
    );
  });

  it('cannot be outranked for ever by a time of the far future', () => {
    const absurd = reply(newPair(), reject(NOON + 3_000 * DAY), NOON);
    const later = reply(absurd.state, accept(NOON + 2 * DAY), NOON + 2 * DAY);
    assert.equal(later.state.permission.status, 'granted');
  });
});

describe('applyUnanswered (R4)', () => {
  const granted = () => reply(newPair(), accept(NOON)).state;
  const at = (minutes: number) => NOON + minutes * 60_000;

  it('warns at two, revokes at four, once each', () => {
    let state = granted();
    const heard: unknown[] = [];
    for (let count = 1; count <= 4; count++) {
      const ends = Array.from({ length: count }, (_, index) => at(10 * (index + 1)));
      const applied = applyUnanswered(state, ends, META_2026);
      state = applied.state;
      heard.push(applied.changes);
    }
    assert.deepEqual(heard, [
      [],
      [{ kind: 'unanswered_warning', count: 2 }],
      [],
      [{ kind: 'ended', why: 'automatic' }],
    ]);
    assert.deepEqual([state.permission.status, state.permission.ended], ['denied', 'automatic']);
    assert.equal(state.unanswered, 0);
    // Meta's own revoke says the same a second later: no second message.
    const { contextId, ...confirmation } = reject(at(40) + 1_000, { source: 'automatic' });
    assert.deepEqual(reply(state, confirmation).changes, []);
  });

  it('begins anew after an answered call between them', () => {
    let state = applyUnanswered(granted(), [at(10), at(20), at(30)], META_2026).state;
    state = applyConnected(state, { at: at(35), reservedAt: at(34) }, META_2026, at(36)).state;
    const applied = applyUnanswered(state, [at(10), at(20), at(30), at(40)], META_2026);
    assert.equal(applied.state.unanswered, 1);
    assert.equal(applied.state.permission.status, 'granted');
  });

  it('undoes its revoke if late news shows that the streak was broken', () => {
    const ends = [at(10), at(20), at(30), at(40)];
    const revoked = applyUnanswered(granted(), ends, META_2026).state;
    assert.equal(revoked.permission.status, 'denied');
    const late = applyConnected(revoked, { at: at(25), reservedAt: at(24) }, META_2026, at(50)).state;
    const applied = applyUnanswered(late, ends, META_2026);
    assert.equal(applied.state.permission.status, 'granted');
    assert.equal(applied.state.unanswered, 2);
    assert.deepEqual(kinds(applied), ['granted']);
  });

  it('counts calls that have revoked once, also after a new grant: the next unanswered one is the first', () => {
    const ends = [at(10), at(20), at(30), at(40)];
    const revoked = applyUnanswered(granted(), ends, META_2026).state;
    for (const word of [revoked, reply(revoked, reject(at(44))).state]) {
      const regranted = reply(word, accept(at(45))).state;
      const applied = applyUnanswered(regranted, [...ends, at(50)], META_2026);
      assert.deepEqual([applied.state.permission.status, applied.state.unanswered], ['granted', 1]);
      const fourth = applyUnanswered(applied.state, [...ends, at(50), at(51), at(52), at(53)], META_2026);
      assert.equal(fourth.state.permission.ended, 'automatic');
      // The streak had been broken between them: those after it belong together.
      const late = applyConnected(applied.state, { at: at(25), reservedAt: at(24) }, META_2026, at(55)).state;
      assert.equal(applyUnanswered(late, [...ends, at(50)], META_2026).state.unanswered, 3);
    }
  });

  it('brings a grant back over a question asked since, but not over an opt-out', () => {
    const ends = [at(10), at(20), at(30), at(40)];
    const revoked = applyUnanswered(granted(), ends, META_2026).state;
    const question = { requestId: 'wamid.2', requestedAt: at(45), purpose: 'your order' };
    const broken = (state: PairState) =>
      applyUnanswered(
        applyConnected(state, { at: at(25), reservedAt: at(24) }, META_2026, at(50)).state,
        ends,
        META_2026,
      );
    const asked = broken(applyRequestSent(revoked, question, META_2026, at(46)).state);
    assert.deepEqual([asked.state.permission.status, kinds(asked)], ['granted', ['granted']]);
    const listed = applyDoNotCall(revoked, { listed: true, source: 'keyword' }, META_2026, at(44)).state;
    const released = applyDoNotCall(listed, { listed: false, source: 'operator' }, META_2026, at(45)).state;
    const again = broken(applyRequestSent(released, question, META_2026, at(46)).state);
    assert.deepEqual([again.state.permission.status, kinds(again)], ['pending', []]);
  });

  it('does not undo what the provider or the person has said since', () => {
    const ends = [at(10), at(20), at(30), at(40)];
    const revoked = applyUnanswered(granted(), ends, META_2026).state;
    const declined = reply(revoked, reject(at(45))).state;
    const late = applyConnected(declined, { at: at(25) }, META_2026, at(50)).state;
    assert.equal(applyUnanswered(late, ends, META_2026).state.permission.status, 'denied');
  });

  it('a grant after the revoke is not revoked by the old streak', () => {
    const ends = [at(10), at(20), at(30), at(40)];
    const revoked = applyUnanswered(granted(), ends, META_2026).state;
    const again = reply(revoked, accept(at(60))).state;
    assert.equal(applyUnanswered(again, ends, META_2026).state.permission.status, 'granted');
  });
});

describe('applyConnected', () => {
  it('forgives what we sent before the call, never what came after it', () => {
    const { state } = applyConnected(newPair(), { at: NOON + 500, reservedAt: NOON }, META_2026, NOON + 1_000);
    assert.equal(state.requestsResetBefore, NOON - 1);
    assert.equal(state.lastConnectedAt, NOON + 500);
    // A call that is not ours: only the provider's clock tells, so the skew is kept.
    const foreign = applyConnected(newPair(), { at: NOON }, META_2026, NOON + 1_000).state;
    assert.equal(foreign.requestsResetBefore, NOON - META_2026.skewMs);
  });

  it('never goes back in time', () => {
    const first = applyConnected(newPair(), { at: NOON + HOUR }, META_2026, NOON + HOUR).state;
    const second = applyConnected(first, { at: NOON }, META_2026, NOON + HOUR).state;
    assert.deepEqual(second, { ...first });
  });
});

describe('requests, corrections, opt-out and lapse', () => {
  const sent = { requestId: 'wamid.1', requestedAt: NOON, purpose: 'your order' };

  it('an answer that is faster than the reply to our request stays', () => {
    const early = reply(newPair(), reject(NOON + 10)).state;
    const { state } = applyRequestSent(early, sent, META_2026, NOON + 20);
    assert.deepEqual([state.permission.status, state.permission.requestedAt], ['denied', NOON]);
  });

  it('a request turns a refusal into pending, but never a grant', () => {
    const refused = reply(newPair(), reject(NOON)).state;
    const later = { ...sent, requestId: 'wamid.2' };
    assert.equal(applyRequestSent(refused, later, META_2026, NOON + DAY).state.permission.status, 'pending');
    const granted = reply(newPair(), accept(NOON)).state;
    assert.equal(applyRequestSent(granted, later, META_2026, NOON + DAY).state.permission.status, 'granted');
    assert.equal(applyRequestSent(granted, later, META_2026, NOON + 8 * DAY).state.permission.status, 'pending');
  });

  it('a connected call forgives nothing that is sent in the moment in which it is heard of', () => {
    const exact = { ...META_2026, skewMs: 0 };
    const { state } = applyConnected(newPair(), { at: NOON + HOUR }, exact, NOON);
    assert.equal(state.requestsResetBefore, NOON - 1);
    assert.equal(applyConnected(newPair(), { at: NOON }, exact, NOON + 1).state.requestsResetBefore, NOON);
  });

  it('a request of which we hear late does not hide a permanent permission that only our own validity has ended', () => {
    const own = { ...META_2026, validity: { ...META_2026.validity, ms: DAY, caps: true } };
    const granted = reply(newPair(), accept(NOON, { permanent: true })).state;
    const { state } = applyRequestSent(granted, sent, own, NOON + 2 * DAY);
    assert.deepEqual([state.permission.status, state.permission.kind], ['granted', 'permanent']);
  });

  it('an undeliverable request is open no longer', () => {
    const pending = applyRequestSent(newPair(), sent, META_2026, NOON).state;
    assert.equal(applyRequestFailed(pending, 'wamid.1').state.permission.status, 'not_requested');
    assert.equal(applyRequestFailed(pending, 'wamid.other').state.permission.status, 'pending');
  });

  it('R8: the provider wins over the store, both ways', () => {
    const granted = reply(newPair(), accept(NOON)).state;
    const none = applyCorrection(granted, { says: 'no_permission' }, META_2026, NOON + HOUR);
    assert.deepEqual(
      [none.state.permission.status, none.state.permission.ended],
      ['not_requested', 'provider_says_none'],
    );
    assert.deepEqual(none.changes, [{ kind: 'ended', why: 'provider_says_none' }]);
    const permanent = applyCorrection(none.state, { says: 'permanent' }, META_2026, NOON + HOUR);
    assert.deepEqual(
      [permanent.state.permission.status, permanent.state.permission.kind, permanent.state.permission.source],
      ['granted', 'permanent', 'provider_query'],
    );
    assert.equal(permanent.state.permission.expiresAt, undefined);
    const blocked = applyCorrection(granted, { says: 'request_limit' }, META_2026, NOON).state;
    assert.equal(blocked.requestsBlockedUntil, NOON + DAY);
    const told = applyCorrection(granted, { says: 'connected_limit', retryAt: NOON + HOUR }, META_2026, NOON).state;
    assert.equal(told.callsBlockedUntil, NOON + HOUR);
    assert.equal(told.permission.status, 'granted');
    // A temporary permission without an end cannot be placed.
    assert.equal(
      applyCorrection(newPair(), { says: 'temporary' }, META_2026, NOON).state.permission.status,
      'not_requested',
    );
  });

  it('a grant that the provider has refuted since does not come back with a late webhook', () => {
    const none = applyCorrection(
      reply(newPair(), accept(NOON)).state,
      { says: 'no_permission' },
      META_2026,
      NOON + HOUR,
    );
    const late = reply(none.state, accept(NOON + HOUR - META_2026.skewMs - 1));
    assert.deepEqual([late.state.permission.status, late.changes], ['not_requested', []]);
    assert.equal(reply(none.state, accept(NOON + HOUR - META_2026.skewMs)).state.permission.status, 'granted');
    assert.equal(reply(none.state, reject(NOON + 10)).state.permission.status, 'denied');
  });

  it('under an opt-out the kind of a permission stays known only while it goes on at WhatsApp', () => {
    const entry = { listed: true, source: 'keyword' };
    const permanent = reply(newPair(), accept(NOON, { permanent: true })).state;
    const once = applyDoNotCall(permanent, entry, META_2026, NOON + HOUR).state;
    const twice = applyDoNotCall(once, entry, META_2026, NOON + 2 * HOUR).state;
    assert.deepEqual([once.permission.kind, twice.permission.kind], ['permanent', 'permanent']);
    const revoked = reply(permanent, reject(NOON + HOUR)).state;
    assert.equal(applyDoNotCall(revoked, entry, META_2026, NOON + 2 * HOUR).state.permission.kind, undefined);
  });

  it('an opt-out beats earlier and later grants; its release brings none back', () => {
    const granted = reply(newPair(), accept(NOON)).state;
    const entry = { listed: true, source: 'keyword' };
    const out = applyDoNotCall(granted, entry, META_2026, NOON + HOUR);
    assert.deepEqual(out.changes, [{ kind: 'ended', why: 'opt_out' }]);
    assert.deepEqual(applyDoNotCall(out.state, entry, META_2026, NOON + HOUR).changes, []);
    const regranted = reply(out.state, accept(NOON + 2 * HOUR, { permanent: true }));
    assert.deepEqual(regranted.changes, []);
    const seen = viewPermission(regranted.state.permission, META_2026, NOON + 3 * HOUR, regranted.state.doNotCall);
    assert.deepEqual([seen.status, seen.ended], ['denied', 'opt_out']);
    const release = { listed: false, source: 'operator' };
    assert.equal(applyDoNotCall(out.state, release, META_2026, NOON + 3 * HOUR).state.permission.ended, 'opt_out');
  });

  it('R5: a lapse is written down once', () => {
    const granted = reply(newPair(), accept(NOON)).state;
    assert.equal(applyLapse(granted, META_2026, NOON + 7 * DAY - 1), undefined);
    const lapsed = applyLapse(granted, META_2026, NOON + 7 * DAY);
    assert.deepEqual(lapsed?.changes, [{ kind: 'ended', why: 'expired' }]);
    assert.ok(lapsed);
    assert.equal(applyLapse(lapsed.state, META_2026, NOON + 9 * DAY), undefined);
    const pending = applyRequestSent(newPair(), sent, META_2026, NOON).state;
    assert.equal(applyLapse(pending, META_2026, NOON + 7 * DAY)?.state.permission.status, 'not_requested');
  });

  it('merging keeps the newest word and every restriction', () => {
    const older = reply(newPair(), accept(NOON)).state;
    const newer = reply(newPair(), reject(NOON + HOUR)).state;
    const listed = { ...older, doNotCall: { since: NOON, source: 'import' }, requestsBlockedUntil: NOON + DAY };
    for (const merged of [mergePairs(listed, newer), mergePairs(newer, listed)]) {
      assert.equal(merged.permission.status, 'denied');
      assert.deepEqual(merged.doNotCall, { since: NOON, source: 'import' });
      assert.equal(merged.requestsBlockedUntil, NOON + DAY);
    }
  });
});
