import { strict as assert } from 'node:assert';
import { until } from './helper.ts';
import { near, refusal } from './questions.ts';
import { ASKED, BUSINESS, CALLED, RuledNumber } from './ruled-number.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Kept from the edges of all windows. */
const SKEW = 60;

describe('refusals, through the nodes', function () {
  this.timeout(25_000);

  describe('by the rules as they are', () => {
    const bench = new RuledNumber();
    before(() => bench.open());
    after(() => bench.close());
    afterEach(() => bench.noViolations());

    it('R2: a second request in 24 h and a third in 7 days are blocked; after a connected call both are allowed', async () => {
      const ana = await bench.person();
      const first = bench.moved.now();
      assert.equal((await bench.ask(ana)).output, 'asked');
      await bench.answers(ana, 'reject');
      const day = { output: 'refused', code: 'request_limit_day', rule: 'request-day' } as const;
      await bench.refused(() => bench.ask(ana), { ...day, nextAllowedAt: first + (DAY + SKEW) * 1000 });
      await bench.moved.pass(DAY);
      await bench.refused(() => bench.ask(ana), { ...day, nextAllowedAt: first + (DAY + SKEW) * 1000 });
      await bench.moved.pass(SKEW + 1);
      assert.equal((await bench.ask(ana)).output, 'asked');
      await bench.moved.pass(DAY + SKEW + 1);
      const week = { output: 'refused', code: 'request_limit_week', rule: 'request-week' } as const;
      const reason = await bench.refused(() => bench.ask(ana), {
        ...week,
        nextAllowedAt: first + (7 * DAY + SKEW) * 1000,
      });
      assert.match(reason.nextStep, /Ask again after 20\d\d-/);

      await bench.answers(ana, 'temporary');
      await bench.talks(ana);
      await bench.answers(ana, 'revoke');
      assert.equal((await bench.ask(ana)).output, 'asked', 'at once after a connected call');
      await bench.moved.pass(DAY + SKEW + 1);
      assert.equal((await bench.ask(ana)).output, 'asked', 'and a second one a day later');
    });

    it('says so for a call without permission, with a pending and with a denied one', async () => {
      const ana = await bench.person();
      await bench.refused(() => bench.call(ana), { output: 'needs', code: 'permission_not_requested' });
      await bench.ask(ana);
      await bench.refused(() => bench.call(ana), { output: 'needs', code: 'permission_pending' });
      await bench.answers(ana, 'reject');
      await bench.refused(() => bench.call(ana), { output: 'needs', code: 'permission_denied' });
    });

    it('says so for a revoked permission, whether or not it was given for good', async () => {
      const [ana, rui] = [await bench.person(), await bench.person()];
      await bench.allowedBy(ana);
      await bench.answers(rui, 'profile_permanent');
      for (const phone of [ana, rui]) {
        await bench.answers(phone, 'revoke');
        await bench.refused(() => bench.call(phone), { output: 'needs', code: 'permission_revoked' });
      }
    });

    it('R5: an expired permission is blocked although nobody has swept; the sweep then writes it down', async () => {
      const ana = await bench.person();
      await bench.allowedBy(ana);
      await bench.moved.pass(7 * DAY - SKEW + 1);
      await bench.refused(() => bench.call(ana), { output: 'needs', code: 'permission_expired', rule: 'validity' });
      await bench.moved.pass(SKEW);
      const { msg } = await bench.call(ana);
      const { status, ended, canCall, canRequest } = msg.permission as Record<string, unknown>;
      assert.deepEqual(
        { status, ended, canCall, canRequest },
        { status: 'not_requested', ended: 'expired', canCall: false, canRequest: true },
      );
      const written = async () =>
        (await bench.moved.ledger.audit({ contact: { phone: ana }, limit: 100 })).filter(
          ({ event }) => event === 'permission_expired',
        ).length;
      assert.equal(await written(), 0);
      const effects = await bench.moved.ledger.sweep();
      assert.ok(
        effects.some((effect) => effect.kind === 'ended' && effect.why === 'expired' && effect.contact.phone === ana),
      );
      assert.equal(await written(), 1);
      assert.deepEqual(await bench.moved.ledger.sweep(), []);
      await bench.refused(() => bench.call(ana), { output: 'needs', code: 'permission_expired', rule: 'validity' });
    });

    it('R4: two unanswered calls warn, four revoke and block; an answered one in between starts anew', async () => {
      const ana = await bench.person();
      await bench.answers(ana, 'profile_permanent');
      const missed = async (): Promise<void> => {
        await bench.number.control('script', { user: ana, script: 'declines', afterSeconds: 2 });
        const { msg } = await bench.call(ana);
        assert.equal((msg.call as { outcome?: string }).outcome, 'declined');
        // WhatsApp's times are whole seconds: no two calls with one person end in the same one.
        await bench.moved.pass(5);
      };
      const warnings = () => bench.events(ana).filter((topic) => topic === 'warning').length;
      await missed();
      assert.equal(warnings(), 0);
      await missed();
      assert.equal(warnings(), 1);
      await missed();
      await bench.talks(ana);
      await bench.moved.pass(5);
      for (const done of [1, 2, 3]) {
        await missed();
        assert.equal(warnings(), done < 2 ? 1 : 2, `after ${done} more`);
      }
      await missed();
      await until(() =>
        bench.questions.box('over').messages.some(({ contact }) => (contact as { phone: string }).phone === `+${ana}`),
      );
      await bench.refused(() => bench.call(ana), { output: 'needs', code: 'permission_revoked', rule: 'unanswered' });
    });

    it('R3: the 101st connected call in 24 h is blocked, and allowed again when the first has left the window', async () => {
      const ana = await bench.person();
      await bench.answers(ana, 'profile_permanent');
      const { ledger } = bench.moved;
      const first = bench.moved.now();
      for (let made = 0; made < 100; made += 1) {
        const reserved = await ledger.reserveCall({ businessNumber: BUSINESS, contact: { phone: ana }, purpose: 'x' });
        assert.ok(reserved.ok, `call ${made + 1}`);
        const callId = `wacid.${ana}.${made}`;
        await ledger.settle(reserved.reservationId, { state: 'consumed', providerId: callId });
        const now = bench.moved.now();
        const about = { callId, at: now, businessNumberId: BUSINESS.id, correlationId: reserved.reservationId };
        await ledger.append([
          { ...about, id: `a-${callId}`, type: 'call.accepted' },
          {
            ...about,
            id: `t-${callId}`,
            type: 'call.terminated',
            status: 'completed',
            startedAt: now,
            endedAt: now,
            durationSeconds: 1,
            errors: [],
          },
        ]);
      }
      const limit = { output: 'blocked', code: 'connected_call_limit', rule: 'connected-day' } as const;
      await bench.refused(() => bench.call(ana), { ...limit, nextAllowedAt: first + (DAY + SKEW) * 1000 });
      await bench.moved.pass(DAY - 60);
      await bench.refused(() => bench.call(ana), { ...limit, nextAllowedAt: first + (DAY + SKEW) * 1000 });
      await bench.moved.pass(SKEW + 61);
      await bench.talks(ana);
    });

    it('lets nobody call who is on the do-not-call list, also after a new permission', async () => {
      const ana = await bench.person();
      await bench.allowedBy(ana);
      await bench.moved.ledger.doNotCall(BUSINESS.id, { phone: ana }, { listed: true, source: 'said so on the phone' });
      await bench.refused(() => bench.call(ana), { output: 'blocked', code: 'do_not_call' });
      await bench.refused(() => bench.ask(ana), { output: 'refused', code: 'do_not_call' });
      await bench.number.control('permission', { user: ana, answer: 'profile_permanent' });
      await until(async () =>
        (await bench.moved.ledger.audit({ contact: { phone: ana }, limit: 100 })).some(
          ({ event }) => event === 'grant_kept_from_do_not_call',
        ),
      );
      await bench.refused(() => bench.call(ana), { output: 'blocked', code: 'do_not_call' });
      await bench.refused(() => bench.ask(ana), { output: 'refused', code: 'do_not_call' });
    });

    it('places no second call while one is going on, and goes on when it is over', async () => {
      const ana = await bench.person();
      await bench.answers(ana, 'profile_permanent');
      await bench.number.control('script', { user: ana, script: 'interactive' });
      const first = bench.questions.send('call', { contact: ana, purpose: 'one' });
      const second = () => bench.call(ana);
      await until(() => bench.events(ana).includes('ringing'));
      await bench.refused(second, { output: 'blocked', code: 'call_in_progress', rule: 'live-pair' });
      await bench.number.control('call/decline', { user: ana });
      assert.equal((await bench.questions.find(first, CALLED)).output, 'ended');
      await bench.number.control('script', { user: ana, script: 'declines', afterSeconds: 2 });
      // Several in the same moment: exactly one leaves.
      const before = await bench.reached();
      const racing = await Promise.all(Array.from({ length: 5 }, second));
      assert.deepEqual(racing.map(({ output }) => output).sort(), [
        'blocked',
        'blocked',
        'blocked',
        'blocked',
        'ended',
      ]);
      assert.equal(await bench.reached(), before + 1);
    });

    it('reads contact and purpose before anything leaves', async () => {
      const before = await bench.reached();
      for (const contact of ['', 'nobody', '+1', { phone: 7 }, null, 'x'.repeat(5000)]) {
        for (const [node, outputs, output] of [
          ['ask', ASKED, 'refused'],
          ['call', CALLED, 'blocked'],
        ] as const) {
          const answer = await bench.questions.ask(node, { contact, purpose: 'x' }, [...outputs, 'caught']);
          refusal(answer, { output, code: 'contact_invalid' });
        }
      }
      const mute = await bench.questions.ask('ask', { contact: '+5511955577777', purpose: '  ' }, ASKED);
      refusal(mute, { output: 'refused', code: 'purpose_missing' });
      assert.equal(await bench.reached(), before);
    });

    it('R14: outside the service window free-form falls back to the template, or says why it cannot', async () => {
      const ana = await bench.person();
      const closed = { output: 'refused', code: 'service_window_closed', rule: 'service-window' } as const;
      await bench.refused(() => bench.asksAt('ask-freely', ana), closed);
      await bench.refused(() => bench.asksAt('ask-without-template', ana), closed);
      assert.equal((await bench.ask(ana)).output, 'asked');
      assert.equal(await lastType(), 'template');
      const rui = await bench.person();
      await bench.number.control('message', { user: rui, text: 'When do you come?' });
      await until(async () => (await bench.asksAt('ask-without-template', rui)).output === 'asked');
      assert.equal(await lastType(), 'interactive');
    });

    it('R8: a forged grant does not help: WhatsApp’s own no turns the state, and the next call stays here', async () => {
      const ana = await bench.person();
      await bench.moved.ledger.append([
        {
          id: `forged-${ana}`,
          type: 'permission.replied',
          at: bench.moved.now(),
          businessNumberId: BUSINESS.id,
          contact: { phone: ana },
          response: 'accept',
          permanent: true,
          source: 'user_action',
        },
      ]);
      const before = await bench.reached();
      const answer = await bench.call(ana);
      const reason = refusal(answer, { output: 'needs', code: 'permission_missing_at_provider' });
      assert.equal(reason.provider?.code, '138006');
      assert.equal(await bench.reached(), before + 1, 'asked once');
      assert.equal((answer.msg.permission as { canCall: boolean }).canCall, false);
      await bench.refused(() => bench.call(ana), { output: 'needs', code: 'permission_missing_at_provider' });
      const { violations } = (await bench.number.read('violations')) as { violations: { code: number }[] };
      assert.deepEqual(
        violations.map(({ code }) => code),
        [138006],
        'the one that was forged',
      );
      await bench.number.control('clear');
    });

    it('R11: REJECTED and terminate are one outcome, and an ACCEPTED that comes too late reopens nothing', async () => {
      const ana = await bench.person();
      await bench.answers(ana, 'profile_permanent');
      await bench.number.control('script', { user: ana, script: 'declines', afterSeconds: 2 });
      await bench.number.control('faults', { duplicate: 2 });
      const { msg } = await bench.call(ana);
      assert.equal((msg.call as { outcome?: string }).outcome, 'declined');
      await bench.number.control('faults', { reset: true, delay: { seconds: 60, kinds: ['ACCEPTED'] } });
      await bench.number.control('script', { user: ana, script: 'answers', afterSeconds: 2, talkSeconds: 3 });
      const { msg: second } = await bench.call(ana);
      assert.equal((second.call as { outcome?: string }).outcome, 'completed');
      const { id } = second.call as { id: string };
      const before = await bench.moved.ledger.findCall({ reservationId: id });
      const accepted = async () =>
        JSON.stringify((await bench.number.read('webhooks')).deliveries).split('ACCEPTED').length;
      const sent = await accepted();
      await bench.moved.pass(61);
      await until(async () => (await accepted()) > sent);
      await bench.number.control('faults', { reset: true });
      const mine = bench.questions.box('ended').messages.filter(({ call }) => (call as { id: string }).id === id);
      assert.equal(mine.length, 1);
      const after = await bench.moved.ledger.findCall({ reservationId: id });
      assert.deepEqual([after?.endedAt, after?.outcome], [before?.endedAt, 'completed']);
      assert.deepEqual(
        (await bench.moved.ledger.liveCalls(BUSINESS.id)).filter(({ contact }) => contact.phone === ana),
        [],
      );
      assert.equal(bench.events(ana).filter((topic) => topic === 'ended').length, 2, 'one for each of two calls');
    });

    it('R1: the record of a call is complete, and its limits are reset', async () => {
      const ana = await bench.person();
      await bench.allowedBy(ana);
      await bench.number.control('script', { user: ana, script: 'interactive' });
      const question = bench.questions.send('call', { contact: ana, purpose: 'delivery 4471' });
      await until(() => bench.events(ana).includes('ringing'));
      await bench.number.control('call/answer', { user: ana });
      await until(() => bench.events(ana).includes('accepted'));
      await bench.moved.pass(61);
      await bench.number.control('call/hangup', { user: ana });
      const { msg } = await bench.questions.find(question, ['ended']);
      const { id, providerCallId, ...call } = msg.call as Record<string, string>;
      for (const name of ['startedAt', 'ringingAt', 'answeredAt', 'endedAt'])
        assert.match(call[name] ?? '', /^20.*Z$/, name);
      near(Number(call.durationSeconds), 62, 5);
      assert.equal(call.purpose, 'delivery 4471');
      const kept = await bench.moved.ledger.findCall({ reservationId: String(id) });
      assert.deepEqual(
        [kept?.callId, kept?.outcome, kept?.reservation, kept?.purpose],
        [providerCallId, 'completed', 'consumed', 'delivery 4471'],
      );
      near(kept?.acceptedAt ?? 0, Date.parse(call.answeredAt ?? ''), 1);
      const { requestLimits } = await bench.moved.ledger.explain(BUSINESS, { phone: ana });
      assert.deepEqual(
        requestLimits.map(({ used }) => used),
        [0, 0],
      );
      const audit = (await bench.moved.ledger.audit({ contact: { phone: ana }, limit: 100 })).map(({ event }) => event);
      for (const event of ['request_reserved', 'permission_granted', 'call_reserved', 'call_placed', 'call_connected'])
        assert.ok(audit.includes(event), `${event} in ${audit}`);
    });

    it('respects a pause that WhatsApp has put on the number, until it is over', async () => {
      const ana = await bench.person();
      await bench.answers(ana, 'profile_permanent');
      await bench.number.control('number', { restricted: { seconds: HOUR } });
      const until_ = bench.moved.now() + (HOUR + SKEW) * 1000;
      const wanted = { code: 'number_restricted', nextAllowedAt: until_ } as const;
      const heard = async () => (await bench.moved.ledger.explain(BUSINESS, { phone: ana })).callReason?.code;
      await until(async () => (await heard()) === 'number_restricted');
      await bench.refused(() => bench.call(ana), { output: 'blocked', ...wanted });
      const rui = await bench.person();
      await bench.refused(() => bench.ask(rui), { output: 'refused', ...wanted });
      await bench.moved.pass(HOUR + SKEW + 1);
      await bench.talks(ana);
    });

    async function lastType(): Promise<unknown> {
      const { requests } = (await bench.number.read('requests')) as { requests: { body?: { type?: string } }[] };
      return requests.at(-1)?.body?.type;
    }
  });

  describe('by stricter rules of the permission store', () => {
    const bench = new RuledNumber();
    before(() => bench.open({ connectedCallsPerDay: 5, validitySeconds: DAY, skewSeconds: 0 }));
    after(() => bench.close());
    afterEach(() => bench.noViolations());

    it('R3: the sixth connected call in 24 h is blocked, and allowed at exactly 24 h', async () => {
      const ana = await bench.person();
      await bench.answers(ana, 'profile_permanent');
      const { msg } = await bench.talks(ana);
      const first = Date.parse((msg.call as { answeredAt: string }).answeredAt);
      for (let more = 0; more < 4; more += 1) await bench.talks(ana);
      const limit = { output: 'blocked', code: 'connected_call_limit', rule: 'connected-day' } as const;
      const reason = await bench.refused(() => bench.call(ana), { ...limit, nextAllowedAt: first + DAY * 1000 });
      assert.match(reason.rule?.source ?? '', /set in the permission store/);
      assert.match(reason.rule?.limit ?? '', /^5 connected/);
      const free = Date.parse(reason.nextAllowedAt ?? '');
      await bench.moved.pass((free - bench.moved.now()) / 1000 - 10);
      await bench.refused(() => bench.call(ana), { ...limit, nextAllowedAt: free });
      // Permissions hold for a day here, too.
      await bench.answers(ana, 'profile_permanent');
      await bench.moved.pass((free - bench.moved.now()) / 1000);
      await bench.talks(ana);
    });

    it('R17: with a validity of 24 h a call 24 h 00 m 01 s after the grant is refused; the request does not count', async () => {
      const ana = await bench.person();
      assert.equal((await bench.ask(ana)).output, 'asked');
      await bench.moved.pass(10 * HOUR);
      await bench.answers(ana, 'temporary');
      const granted = bench.moved.now();
      await bench.moved.pass(DAY - 30);
      await bench.talks(ana);
      await bench.moved.pass((granted + (DAY + 1) * 1000 - bench.moved.now()) / 1000);
      const reason = await bench.refused(() => bench.call(ana), {
        output: 'needs',
        code: 'permission_expired',
        rule: 'validity',
      });
      assert.match(reason.rule?.limit ?? '', /^86400 s after the grant/);
    });
  });
});
