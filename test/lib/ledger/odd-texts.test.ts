import { strict as assert } from 'node:assert';
import { ANA, NUMBER, onEveryEngine, Stand, temporaryFolder } from './stand.ts';

/** Possible in a message or a flow, and awkward to store: half of an emoji, a zero, a change of direction, the longest. */
const ODD = ['\ud800', 'a\u0000b', '\u202eabc', '🏳️‍🌈', "Robert'); DROP TABLE pair;--", '\\u0000', '', '\n'.repeat(900)];

onEveryEngine('odd texts that are allowed', (engine) => {
  const folder = temporaryFolder();
  after(() => folder.remove());

  it('are kept, found again after a restart, and leave the audit whole', async () => {
    let stand = await Stand.open({ engine, path: folder.file });
    for (const [nr, odd] of ODD.entries()) {
      const contact = { ...ANA, phone: `55119555${10_000 + nr}`, name: odd };
      await stand.ledger.append([
        stand.reply('accept', { id: `grant ${nr} ${odd}`, contact }),
        stand.message({ id: `message ${nr} ${odd}`, contact, text: odd, payload: odd }),
        {
          type: 'unknown',
          id: `unknown ${nr} ${odd}`,
          at: stand.now,
          businessNumberId: NUMBER.id,
          field: 'f',
          raw: { [odd]: odd },
        },
      ]);
      const origin = { nodeId: 'n', data: { odd } };
      const call = await stand.ledger.reserveCall({ businessNumber: NUMBER, contact, purpose: odd, origin });
      assert.ok(call.ok, JSON.stringify(odd));
      await stand.ledger.settle(call.reservationId, { state: 'unknown', why: odd });
    }
    await stand.ledger.close();
    stand = await Stand.open({ engine, path: folder.file });
    const live = await stand.ledger.liveCalls(NUMBER.id);
    assert.deepEqual(
      live.map(({ origin }) => (origin?.data as { odd: string } | undefined)?.odd).sort(),
      ODD.toSorted(),
    );
    const waiting = await stand.ledger.undispatched(NUMBER.id);
    assert.equal(waiting.length, ODD.length * 3);
    for (const { event } of waiting) if (event.type === 'message.received') assert.ok(ODD.includes(event.text ?? '-'));
    assert.equal((await stand.ledger.verifyAudit()).ok, true);
    assert.equal((await stand.ledger.list({ businessNumberId: NUMBER.id })).entries.length, ODD.length);
    await stand.ledger.close();
  });
});
