import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import { openLedger } from '../../../lib/ledger/open.ts';
import type { ProviderEvent } from '../../../lib/provider/event.ts';
import type { OptOutSettings } from '../../../lib/switchboard/opt-out.ts';
import { ANA, type Bench, BOB, benchWith, event, NUMBER, sleep, talked, until } from './bench.ts';
import { notSent, timeout } from './fake-provider.ts';

const base = () => ({ id: randomUUID(), at: Date.now(), businessNumberId: NUMBER.id, contact: ANA });
const granted = (more: object = {}): ProviderEvent => ({
  ...base(),
  type: 'permission.replied',
  response: 'accept',
  permanent: true,
  source: 'user_action',
  ...more,
});
const wrote = (text: string, more: object = {}): ProviderEvent => ({
  ...base(),
  type: 'message.received',
  messageId: randomUUID(),
  text,
  ...more,
});
const STOP = 'Pare de me ligar!!';

describe('opt-out at the switchboard', () => {
  let ledger: Ledger;
  let close: () => Promise<void>;
  let bench: Bench<Ledger>;

  beforeEach(async () => {
    const lease = await openLedger({ engine: 'sqlite', path: ':memory:' });
    ledger = lease.ledger;
    close = lease.release;
    await open();
  });
  afterEach(async () => {
    await bench.switchboard.close('shutdown', 50);
    await close();
  });
  async function open(optOut?: OptOutSettings): Promise<void> {
    bench = benchWith(ledger, undefined, {}, optOut);
    await bench.switchboard.start();
    await bench.deliver(granted());
    bench.permissions.length = 0;
  }
  const heard = () => bench.permissions.map(({ change, why }) => [change, why]);
  const input = { contact: ANA, purpose: 'delivery', ringSeconds: 30, maxSeconds: 0, origin: { nodeId: 'n' } };

  for (const [state, events] of Object.entries({
    ringing: ['call.ringing'],
    answered: ['call.ringing', 'call.accepted'],
  } as const)) {
    it(`ends a call that is ${state}, tells why, and confirms once in the person's language`, async () => {
      const { call } = await bench.place();
      for (const type of events) await bench.deliver(event(type, 'wacid.1', { contact: ANA, correlationId: call.id }));
      bench.media.made[0]?.become('connected');
      await bench.deliver(wrote(STOP));
      assert.deepEqual(bench.provider.terminated, ['wacid.1']);
      assert.deepEqual(heard(), [['ended', 'opt_out']]);
      assert.equal(bench.permissions[0]?.permission.canCall, false);
      assert.equal(bench.permissions[0]?.permission.canRequest, false);
      await until('confirmed', () => bench.provider.texts.length === 1);
      assert.match(bench.provider.texts[0]?.text ?? '', /Não vamos mais ligar/);
      await bench.deliver(
        state === 'answered' ? talked('wacid.1', 5) : event('call.terminated', 'wacid.1', { contact: ANA }),
      );
      await until('ended', () => bench.ended().length === 1);
      const [ended] = bench.ended();
      assert.deepEqual(
        [ended?.call.outcome, ended?.call.endedBy, ended?.reason?.code],
        [state === 'answered' ? 'completed' : 'cancelled', 'us', 'do_not_call'],
      );
      const refused = await bench.switchboard.place(input);
      assert.ok(refused.outcome === 'blocked' && refused.reason.code === 'do_not_call');
    });
  }

  it('is heard once: repeated words, a late grant and a duplicate tell and confirm nothing more', async () => {
    const stop = wrote('STOP');
    await bench.deliver(stop);
    await bench.deliver(stop);
    await bench.deliver(wrote('stop!'), wrote('stop calling me'));
    await bench.deliver(granted(), granted({ at: Date.now() + 1_000 }));
    await until('confirmed', () => bench.provider.texts.length > 0);
    await sleep(30);
    assert.equal(bench.provider.texts.length, 1);
    assert.deepEqual(heard(), [['ended', 'opt_out']]);
  });

  it('tells it also of somebody who had given no permission', async () => {
    await bench.deliver(wrote('no calls please', { contact: BOB }));
    assert.deepEqual([heard(), bench.permissions[0]?.contact.userId], [[['ended', 'opt_out']], BOB.userId]);
  });

  it('sends nothing for a call that was being prepared', async () => {
    for (const late of [false, true]) {
      const placing = benchWith(ledger, undefined);
      await ledger.doNotCall(NUMBER.id, ANA, { listed: false, source: 'test' });
      await ledger.append([granted()]);
      placing.media.onCreate = async () => {
        // Without its effects: as if another process had taken the message.
        const appended = await ledger.append([wrote('stop')]);
        if (!late) await placing.switchboard.handle(appended);
      };
      const result = await placing.switchboard.place(input);
      assert.ok(result.outcome === 'blocked' && result.reason.code === 'do_not_call', result.outcome);
      assert.deepEqual([placing.provider.placed, placing.changes, placing.media.legs()], [[], [], 0]);
      assert.deepEqual(await ledger.liveCalls(NUMBER.id), []);
      await placing.switchboard.close('shutdown', 50);
    }
  });

  it('hangs up as soon as it learns the id of a call whose request was on its way', async () => {
    const reply = Promise.withResolvers<{ callId: string }>();
    bench.provider.onPlace = () => reply.promise;
    const placing = bench.switchboard.place(input);
    await until('sent', () => bench.provider.placed.length === 1);
    await bench.deliver(wrote('stop'));
    assert.deepEqual(bench.provider.terminated, []);
    reply.resolve({ callId: 'wacid.7' });
    await placing;
    assert.deepEqual(bench.provider.terminated, ['wacid.7']);
  });

  it('stops a permission request that waits to be sent again, and takes no permission from it', async () => {
    for (const [fault, reservation] of [
      [notSent(), 'request_released'],
      [timeout(), 'request_unknown'],
    ] as const) {
      const contact = reservation === 'request_released' ? BOB : { phone: '5511955500125' };
      bench.provider.onRequest = (_request, signal) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(fault)));
      const asking = bench.switchboard.ask({
        contact,
        purpose: 'x',
        via: 'template',
        template: { name: 't', language: 'en' },
      });
      await until('asked', () => bench.provider.requests.at(-1)?.contact === contact);
      await bench.deliver(wrote('stop', { contact }));
      const result = await asking;
      assert.ok(result.outcome === 'blocked' && result.reason.code === 'do_not_call');
      assert.ok((await ledger.audit({ contact, limit: 100 })).some((row) => row.event === reservation));
    }
  });

  it('loses nothing when the confirmation cannot be sent, and says so without the number', async () => {
    bench.provider.onText = () => Promise.reject(timeout());
    await bench.deliver(wrote('stop'));
    await until('logged', () => bench.log.some((line) => line.includes('could not be confirmed')));
    assert.ok(!bench.log.join().includes(ANA.phone ?? ''));
    await bench.deliver(wrote('stop'));
    await sleep(20);
    assert.equal(bench.provider.texts.length, 1, 'it may have arrived: it is not sent again');
    assert.equal((await ledger.status(NUMBER.id, ANA)).ended, 'opt_out');
  });

  it('confirms in its own words, or not at all', async () => {
    await bench.switchboard.close('shutdown', 50);
    await open({ confirm: true, text: 'Tschüss!' });
    await bench.deliver(wrote('stop'));
    await until('confirmed', () => bench.provider.texts.length === 1);
    assert.equal(bench.provider.texts[0]?.text, 'Tschüss!');
    await bench.switchboard.close('shutdown', 50);
    await open({ confirm: false });
    await bench.deliver(wrote('stop', { contact: BOB }));
    await sleep(20);
    assert.deepEqual([bench.provider.texts, bench.permissions.length], [[], 1]);
  });

  it('answers a person known by user id alone', async () => {
    const contact = { userId: 'BR.48219037716650284417' };
    await bench.deliver(granted({ contact }));
    const { call } = await bench.place({ contact });
    await bench.deliver(event('call.ringing', 'wacid.1', { correlationId: call.id }));
    await bench.deliver(wrote('stop', { contact }));
    assert.deepEqual(bench.provider.terminated, ['wacid.1']);
    await until('confirmed', () => bench.provider.texts.length === 1);
    assert.deepEqual(bench.provider.texts[0]?.contact, contact);
  });

  it('ends by key, only by the one that was set, and with source keypad', async () => {
    await bench.switchboard.close('shutdown', 50);
    await open({ confirm: true, digit: '9' });
    const { call } = await bench.place();
    await bench.deliver(event('call.accepted', 'wacid.1', { contact: ANA, correlationId: call.id }));
    const [leg] = bench.media.made;
    leg?.press('1');
    await sleep(20);
    assert.deepEqual(bench.provider.terminated, []);
    leg?.press('9');
    leg?.press('9');
    await until('hung up', () => bench.provider.terminated.length === 1);
    await until('confirmed', () => bench.provider.texts.length === 1);
    await until('told', () => bench.permissions.length === 1);
    assert.equal(bench.changes.filter(({ event: name }) => name === 'digit').length, 3);
    const { entries } = await ledger.doNotCallList({ businessNumberId: NUMBER.id });
    assert.equal(entries[0]?.source, 'keypad');
  });

  it('ends a call by key also when the store is away', async () => {
    await bench.switchboard.close('shutdown', 50);
    await open({ confirm: true, digit: '#' });
    const { call } = await bench.place();
    await bench.deliver(event('call.accepted', 'wacid.1', { contact: ANA, correlationId: call.id }));
    ledger.doNotCall = () => Promise.reject(new Error('disk'));
    bench.media.made[0]?.press('#');
    await until('hung up', () => bench.provider.terminated.length === 1);
    await until('logged', () => bench.log.some((line) => line.includes('opt-out by keypad')));
  });

  it('lists and imports by the flow: ends calls, tells, confirms nothing; a release is quiet', async () => {
    const { call } = await bench.place();
    await bench.deliver(event('call.ringing', 'wacid.1', { contact: ANA, correlationId: call.id }));
    const report = await bench.switchboard.importDoNotCall(['+55 11 95550-0123', 'x', '+55 11 95550-0124'], {
      source: 'crm',
    });
    assert.deepEqual(report, { listed: 2, already: 0, bad: [{ line: 2, why: report.bad[0]?.why ?? '' }] });
    assert.deepEqual(bench.provider.terminated, ['wacid.1']);
    assert.deepEqual(heard(), [['ended', 'opt_out']]);
    await bench.switchboard.doNotCall(ANA, { listed: false, source: 'operator' });
    await bench.switchboard.doNotCall(ANA, { listed: true, source: 'operator' });
    assert.deepEqual(heard(), [
      ['ended', 'opt_out'],
      ['ended', 'opt_out'],
    ]);
    await sleep(20);
    assert.deepEqual(bench.provider.texts, []);
  });

  it('after a crash between commit and effects: told once, confirmed at most once, the call ended', async () => {
    const { call } = await bench.place();
    await bench.deliver(event('call.ringing', 'wacid.1', { contact: ANA, correlationId: call.id }));
    // Committed and acknowledged; then the process died. Its successor opens the same store.
    await ledger.append([wrote('stop')]);
    const second = benchWith(ledger, undefined);
    await second.switchboard.start();
    await until('ended', () => second.provider.terminated.length > 0);
    await until('confirmed', () => second.provider.texts.length === 1);
    assert.deepEqual(
      second.permissions.map(({ why }) => why),
      ['opt_out'],
    );
    assert.deepEqual([...new Set(second.provider.terminated)], ['wacid.1']);
    const third = benchWith(ledger, undefined);
    await third.switchboard.start();
    await sleep(20);
    assert.deepEqual([third.provider.texts, third.permissions], [[], []], 'handed out');
    // Died between claiming the confirmation and sending it: it stays unsent rather than come twice.
    await ledger.doNotCall(NUMBER.id, BOB, { listed: false, source: 'test' });
    await ledger.append([wrote('stop', { contact: BOB })]);
    await ledger.claimOptOutConfirmation(NUMBER.id, BOB);
    const fourth = benchWith(ledger, undefined);
    await fourth.switchboard.start();
    await sleep(30);
    assert.deepEqual([fourth.provider.texts.length, fourth.permissions.length], [0, 1]);
    for (const one of [second, third, fourth]) await one.switchboard.close('shutdown', 50);
  });
});
