import { strict as assert } from 'node:assert';
import { ANA, DAY, MINUTE, NUMBER, onEveryEngine, SECOND, Stand, word } from '../stand.ts';

onEveryEngine('a call of which the end is heard first', (engine) => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await Stand.open({ engine });
  });
  afterEach(() => stand.ledger.close());

  it('opens the service window when the person called, not when a conversation of days ended', async () => {
    const startedAt = stand.now;
    stand.clock.pass(DAY + MINUTE);
    const end = { direction: 'inbound' as const, startedAt, endedAt: stand.now, durationSeconds: 86_460 };
    await stand.ledger.append([stand.terminated('wacid.in', end)]);
    assert.equal(word(await stand.request(ANA, 'freeform')), 'service_window_closed');
  });

  it('rang for a while, if nobody answered: the window is taken as opened before that', async () => {
    await stand.ledger.append([stand.terminated('wacid.missed', { direction: 'inbound' })]);
    stand.clock.pass(DAY - 4 * MINUTE);
    assert.equal(word(await stand.request(ANA, 'freeform')), 'ok');
    stand.clock.pass(2 * MINUTE);
    await stand.ledger.doNotCall(NUMBER.id, ANA, { listed: true, source: 'test' });
    assert.equal(await stand.ledger.claimOptOutConfirmation(NUMBER.id, ANA), false);
  });

  it('takes the beginning from the duration where no start is told', async () => {
    stand.clock.pass(DAY + MINUTE);
    const end = { direction: 'inbound' as const, durationSeconds: 86_460 };
    await stand.ledger.append([stand.terminated('wacid.in', end)]);
    assert.equal(word(await stand.request(ANA, 'freeform')), 'service_window_closed');
    stand.clock.pass(SECOND);
    await stand.ledger.append([stand.terminated('wacid.short', { direction: 'inbound', durationSeconds: 5 })]);
    assert.equal(word(await stand.request(ANA, 'freeform')), 'ok');
  });
});
