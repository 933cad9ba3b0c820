import { strict as assert } from 'node:assert';
import { existsSync, readFileSync } from 'node:fs';
import { LedgerError } from '../../../lib/ledger/ledger.ts';
import type { Contact } from '../../../lib/permission/model.ts';
import {
  ANA,
  DAY,
  HOUR,
  MINUTE,
  NUMBER,
  onEveryEngine,
  SECOND,
  Stand,
  type StandSettings,
  temporaryFolder,
  word,
} from './stand.ts';

const userId = 'BR.48219037716650284417';
const BOTH: Contact = { ...ANA, userId, name: 'Ana Lima', language: 'pt', timeZone: 'America/Sao_Paulo' };
const BEN: Contact = { phone: '4915112345678' };
/** What a message id of WhatsApp's looks like: the phone number is in it. */
const wamid = (phone: string, index: number): string =>
  `wamid.${Buffer.from(`HBgN${phone}|${index}`).toString('base64')}`;

const busy = (code: string) => (error: unknown) =>
  error instanceof LedgerError && error.code === code && /Erase|End the call/.test(error.nextStep);

onEveryEngine('erasing a person', (engine) => {
  let stand: Stand;
  const open = async (settings: StandSettings = {}): Promise<Stand> => {
    stand = await Stand.open({ engine, ...settings });
    return stand;
  };
  afterEach(() => stand.ledger.close());

  it('takes no nonsense, knows no strangers, and is refused for two people at once', async () => {
    await open();
    for (const contact of [undefined, null, 7, 'x', { phone: 'abc' }, { phone: {} }]) {
      await assert.rejects(stand.ledger.erase(NUMBER.id, contact as Contact), { code: 'bad_input' });
    }
    const nobody = { known: false, auditRows: 0, requests: 0, calls: 0, keepsDoNotCall: false };
    assert.deepEqual(await stand.ledger.erase(NUMBER.id, ANA), nobody);
    await stand.granted(ANA);
    assert.deepEqual(await stand.ledger.erase(NUMBER.id, {}), nobody);
    assert.deepEqual(await stand.ledger.erase('another number', ANA), nobody);
    await stand.granted({ userId });
    await assert.rejects(stand.ledger.erase(NUMBER.id, BOTH), { code: 'bad_input' });
    assert.equal((await stand.ledger.status(NUMBER.id, ANA)).status, 'granted');
  });

  it('is refused while a call or a request is under way, and says what to do', async () => {
    await open();
    await stand.granted(ANA);
    await stand.placed('wacid.1');
    await assert.rejects(stand.ledger.erase(NUMBER.id, ANA), busy('call_in_progress'));
    await stand.ledger.append([stand.terminated('wacid.1')]);
    const request = await stand.request();
    await assert.rejects(stand.ledger.erase(NUMBER.id, ANA), busy('request_in_progress'));
    assert.ok(request.ok);
    await stand.ledger.settle(request.reservationId, { state: 'unknown', why: 'timeout' });
    const { known, requests, calls } = await stand.ledger.erase(NUMBER.id, ANA);
    assert.deepEqual({ known, requests, calls }, { known: true, requests: 1, calls: 1 });
  });

  it('leaves nothing that names them in the store, and a chain that holds', async () => {
    await open();
    await stand.asked(wamid('5511955500123', 1), ANA);
    await stand.ledger.append([stand.reply('accept', { contact: BOTH, contextId: wamid('5511955500123', 1) })]);
    const reserved = await stand.ledger.reserveCall({
      businessNumber: NUMBER,
      contact: ANA,
      purpose: 'your order',
      origin: { nodeId: 'n1', data: { crm: 'Ana Lima' } },
    });
    assert.ok(reserved.ok);
    await stand.ledger.settle(reserved.reservationId, { state: 'consumed', providerId: 'wacid.ana' });
    await stand.ledger.append([stand.terminated('wacid.ana', { correlationId: reserved.reservationId })]);
    await stand.granted(BEN);
    const before = await stand.ledger.audit({});
    const erasure = await stand.ledger.erase(NUMBER.id, { userId });
    const theirs = before.filter(({ contact }) => contact === '+55119…0123').length;
    assert.deepEqual(erasure, { known: true, auditRows: theirs, requests: 1, calls: 1, keepsDoNotCall: false });
    const rows = await stand.ledger.audit({ unmasked: true });
    assert.equal(rows.length, before.length + 1);
    assert.deepEqual(
      rows.slice(0, -1).map(({ seq, event, at, hash }) => ({ seq, event, at, hash })),
      before.map(({ seq, event, at, hash }) => ({ seq, event, at, hash })),
    );
    assert.equal(rows.filter(({ detail, contact }) => detail === null && contact === undefined).length, theirs);
    assert.equal(rows.filter(({ contact }) => contact === BEN.phone).length, 1);
    const verdict = await stand.ledger.verifyAudit();
    assert.deepEqual([verdict.ok, verdict.ok && verdict.erased], [true, theirs]);
    assert.equal((await stand.ledger.status(NUMBER.id, ANA)).status, 'not_requested');
    assert.deepEqual((await stand.ledger.findCall({ reservationId: reserved.reservationId }))?.contact, {});
    assert.equal(await stand.ledger.findCall({ callId: 'wacid.ana' }), undefined);
    assert.deepEqual(
      (await stand.ledger.list({ businessNumberId: NUMBER.id })).entries.map(({ contact }) => contact),
      [BEN],
    );
    // Erasing again is harmless, and the first erasure stays explained.
    assert.equal((await stand.ledger.erase(NUMBER.id, ANA)).known, true);
    assert.equal((await stand.ledger.verifyAudit()).ok, true);
  });

  it('an opt-out goes on under every name they had, without naming them, until it is released', async () => {
    await open();
    await stand.granted(BOTH);
    await stand.ledger.append([stand.message({ contact: BOTH, text: 'stop' })]);
    assert.equal((await stand.ledger.erase(NUMBER.id, ANA)).keepsDoNotCall, true);
    assert.deepEqual(await stand.ledger.doNotCallList({ businessNumberId: NUMBER.id }), { entries: [] });
    stand.clock.pass(30 * DAY);
    for (const contact of [ANA, { userId }, BOTH]) {
      assert.equal(word(await stand.request(contact)), 'do_not_call');
      assert.equal(word(await stand.call(contact)), 'do_not_call');
    }
    const again = await stand.ledger.importDoNotCall(NUMBER.id, '+55 11 95550-0123', { source: 'list' });
    assert.deepEqual([again.listed, again.already], [0, 1]);
    assert.deepEqual((await stand.ledger.list({ businessNumberId: NUMBER.id })).entries, []);
    // A permission by webhook does not lift it, and makes them known again.
    await stand.granted(ANA);
    assert.equal(word(await stand.call(ANA)), 'do_not_call');
    const [entry] = (await stand.ledger.doNotCallList({ businessNumberId: NUMBER.id })).entries;
    assert.deepEqual(entry?.contact, ANA);
    await stand.ledger.erase(NUMBER.id, ANA);
    await stand.ledger.doNotCall(NUMBER.id, ANA, { listed: false, source: 'asked us to' });
    assert.equal(word(await stand.request({ userId })), 'ok');
    assert.equal((await stand.ledger.verifyAudit()).ok, true);
  });

  it('another business number, and another person, are not blocked by it', async () => {
    await open();
    await stand.ledger.doNotCall(NUMBER.id, ANA, { listed: true, source: 'x' });
    await stand.ledger.erase(NUMBER.id, ANA);
    const other = { id: 'pn2', phone: '4930123456' };
    const request = await stand.ledger.reserveRequest({
      businessNumber: other,
      contact: ANA,
      purpose: 'x',
      via: 'template',
      hasTemplate: true,
    });
    assert.equal(word(request), 'ok');
    assert.equal(word(await stand.request(BEN)), 'ok');
  });

  it('nobody is asked or called more often for having been erased', async () => {
    await open({ overrides: { connectedCallsPerDay: 2 } });
    await stand.asked('wamid.1');
    await stand.ledger.erase(NUMBER.id, ANA);
    assert.equal(word(await stand.request()), 'request_limit_day');
    stand.clock.pass(DAY + MINUTE);
    await stand.asked('wamid.2');
    await stand.ledger.erase(NUMBER.id, ANA);
    stand.clock.pass(DAY + MINUTE);
    assert.equal(word(await stand.request()), 'request_limit_week');
    stand.clock.pass(7 * DAY);
    await stand.granted(ANA);
    for (const id of ['wacid.1', 'wacid.2']) {
      await stand.conversation(id);
      await stand.ledger.erase(NUMBER.id, ANA);
      assert.equal(word(await stand.call()), 'permission_not_requested');
      stand.clock.pass(SECOND);
      await stand.granted(ANA);
    }
    assert.equal(word(await stand.call()), 'connected_call_limit');
    const { callLimits } = await stand.ledger.explain(NUMBER, ANA);
    assert.equal(callLimits.find(({ rule }) => rule.id === 'starts-day')?.used, 2);
    stand.clock.pass(DAY + HOUR);
    assert.equal(word(await stand.call()), 'ok');
  });

  it('unanswered calls, and pauses that the provider imposed, are not forgiven', async () => {
    await open();
    await stand.granted(ANA);
    await stand.unanswered('a1');
    await stand.unanswered('a2');
    await stand.unanswered('a3');
    await stand.ledger.correct({
      businessNumber: NUMBER,
      contact: ANA,
      says: 'request_limit',
      retryAt: stand.now + DAY,
    });
    await stand.ledger.erase(NUMBER.id, ANA);
    assert.equal(word(await stand.request()), 'request_limit_day');
    await stand.granted(ANA);
    await stand.unanswered('a4');
    assert.equal(word(await stand.call()), 'permission_revoked');
  });

  it('what was said before, and arrives after, brings neither a permission nor their name back', async () => {
    await open();
    await stand.asked('wamid.1', ANA);
    const late = stand.reply('accept', { contextId: 'wamid.1', at: stand.now });
    const denial = stand.reply('reject', { contextId: 'wamid.1', at: stand.now + 2 * SECOND });
    const revoke = stand.reply('reject', { source: 'automatic', at: stand.now + 3 * SECOND });
    await stand.granted(ANA);
    await stand.ledger.append([stand.event('call.ringing', 'wacid.0', { contact: BEN })]);
    const id = await stand.placed('wacid.1');
    await stand.ledger.finishCall(id, { outcome: 'cancelled', at: stand.now });
    stand.clock.pass(SECOND);
    await stand.ledger.erase(NUMBER.id, ANA);
    stand.clock.pass(5 * SECOND);
    const effects = await stand.ledger.append([
      denial,
      revoke,
      stand.terminated('wacid.1', { correlationId: id }),
      stand.event('call.ringing', 'wacid.1', { correlationId: id }),
    ]);
    for (const { effects: told } of effects) for (const effect of told) assert.deepEqual(effect.contact, ANA);
    const named = (await stand.ledger.list({ businessNumberId: NUMBER.id })).entries.map(({ contact }) => contact);
    assert.deepEqual(named, [BEN]);
    assert.equal(await stand.ledger.findCall({ callId: 'wacid.1' }), undefined);
    assert.equal((await stand.ledger.findCall({ reservationId: id }))?.outcome, 'cancelled');
    await stand.ledger.append([late]);
    assert.notEqual((await stand.ledger.status(NUMBER.id, ANA)).status, 'granted');
  });

  it('a permission from before, of which nothing was heard until after, is none', async () => {
    await open();
    await stand.asked('wamid.1', ANA);
    const late = stand.reply('accept', { contextId: 'wamid.1' });
    stand.clock.pass(SECOND);
    await stand.ledger.erase(NUMBER.id, ANA);
    await stand.ledger.append([late]);
    assert.notEqual(word(await stand.call()), 'ok');
  });

  it('whoever comes back is known again, without what was erased', async () => {
    await open();
    await stand.granted(BOTH);
    await stand.ledger.erase(NUMBER.id, ANA);
    stand.clock.pass(HOUR);
    await stand.ledger.append([stand.message({ contact: { ...ANA, name: 'A. Lima' } })]);
    assert.equal(word(await stand.request(ANA, 'freeform')), 'ok');
    const story = await stand.ledger.audit({ businessNumberId: NUMBER.id, contact: ANA });
    assert.deepEqual(
      story.map(({ event }) => event),
      ['person_erased', 'request_reserved'],
    );
    const { contact } = await stand.ledger.explain(NUMBER, ANA);
    assert.deepEqual(contact, { ...ANA, name: 'A. Lima' });
    // The other name is recognised as well, and nobody is two people.
    assert.equal(word(await stand.request({ userId }, 'freeform')), 'request_in_progress');
  });

  it('events that no flow has taken yet lose their content, those of others stay', async () => {
    await open();
    await stand.ledger.append([
      stand.message({ text: 'my secret', contact: ANA }),
      stand.reply('accept', { contact: BOTH }),
      stand.message({ text: 'hello', contact: BEN }),
    ]);
    await stand.ledger.erase(NUMBER.id, ANA);
    const waiting = await stand.ledger.undispatched(NUMBER.id);
    assert.deepEqual(
      waiting.map(({ event }) => event.type === 'message.received' && event.text),
      ['hello'],
    );
  });

  it('a phone number that went to somebody else is gone from its former owner too', async () => {
    const folder = temporaryFolder();
    await open({ path: folder.file });
    await stand.granted(BOTH);
    const heir = { ...ANA, userId: 'BR.11111111111111111111' };
    await stand.ledger.append([stand.message({ contact: heir })]);
    assert.deepEqual((await stand.ledger.explain(NUMBER, { userId })).contact.phone, undefined);
    await stand.ledger.append([]);
    await stand.ledger.erase(NUMBER.id, ANA);
    assert.deepEqual(traces(folder.file, ['5511955500123']), []);
    assert.equal((await stand.ledger.status(NUMBER.id, { userId })).status, 'granted');
    folder.remove();
  });

  // Of a database the files belong to its server.
  if (engine === 'sqlite')
    it('no byte of the file or its log names them afterwards, among a thousand other people', async function () {
      this.timeout(120_000);
      const folder = temporaryFolder();
      await open({ path: folder.file });
      const crowd = Array.from({ length: 1_000 }, (_, index) => ({
        phone: String(5_511_955_500_123n + BigInt(((index * 7_919) % 1_000) * 331 - 150_000)),
      })).filter(({ phone }) => phone !== ANA.phone);
      const meet = async (contact: Contact, index: number): Promise<void> => {
        const id = wamid(contact.phone ?? '', index);
        await stand.asked(id, contact);
        await stand.ledger.append([
          stand.reply('accept', { contact: contact === ANA ? BOTH : contact, contextId: id, id: `reply-${id}` }),
          stand.message({ contact, messageId: id, text: `message of ${contact.phone}` }),
        ]);
        await stand.placed(`wacid.${contact.phone}`, contact);
        await stand.ledger.append([stand.terminated(`wacid.${contact.phone}`, { contact })]);
      };
      for (let start = 0; start < crowd.length; start += 100) {
        await Promise.all(crowd.slice(start, start + 100).map((contact, index) => meet(contact, start + index)));
        if (start === 500) await meet(ANA, 9_999);
      }
      const names = [ANA.phone ?? '', userId, 'Ana Lima', 'Sao_Paulo', wamid(ANA.phone ?? '', 9_999)];
      assert.equal(traces(folder.file, names).length, names.length);
      await stand.ledger.erase(NUMBER.id, ANA);
      assert.deepEqual(traces(folder.file, names), []);
      // Where SQLite moved rows to other pages, copies had stayed behind of a few.
      const gone = crowd.filter((_, index) => index % 8 === 0);
      for (const contact of gone) await stand.ledger.erase(NUMBER.id, contact);
      assert.deepEqual(
        traces(
          folder.file,
          gone.map(({ phone }) => phone),
        ),
        [],
      );
      // The search finds what is there.
      assert.equal(traces(folder.file, [crowd[1]?.phone ?? '']).length, 1);
      await stand.ledger.close();
      assert.deepEqual(traces(folder.file, names), []);
      folder.remove();
    });
});

/** Those of the texts that stand anywhere in the file or its log, free space included. */
function traces(file: string, texts: string[]): string[] {
  const bytes = [file, `${file}-wal`].filter((path) => existsSync(path)).map((path) => readFileSync(path));
  return texts.filter((text) => bytes.some((content) => content.includes(text)));
}
