import { strict as assert } from 'node:assert';
import { callRecordLines } from '../../../lib/ledger/call-record-export.ts';
import type { ProviderEvent } from '../../../lib/provider/event.ts';
import { ANA, NUMBER, onEveryEngine, SECOND, Stand } from './stand.ts';

onEveryEngine('what WhatsApp keeps of a call, in the ledger', (engine) => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await Stand.open({ engine });
  });
  afterEach(() => stand.ledger.close());

  const available = (): ProviderEvent => ({
    type: 'capture.available',
    id: 'capture:w1:recording:118',
    at: stand.now,
    businessNumberId: NUMBER.id,
    kind: 'recording',
    ofCall: 'w1',
    media: { id: '118', sha256: 'a'.repeat(64), mimeType: 'audio/ogg' },
  });

  it('waits in the inbox, whole and once, until it was handed out, and changes nothing else', async () => {
    await stand.granted();
    await stand.conversation('w1');
    const before = await stand.ledger.statistics({ businessNumberId: NUMBER.id });
    const event = available();
    const [first, second] = [await stand.ledger.append([event]), await stand.ledger.append([event])].flat();
    assert.deepEqual([first?.fresh, first?.effects, second?.fresh], [true, [], false]);
    const waiting = async () =>
      (await stand.ledger.undispatched(NUMBER.id)).filter((item) => item.event.type === 'capture.available');
    assert.deepEqual(
      (await waiting()).map((item) => item.event),
      [event],
    );
    assert.deepEqual(await stand.ledger.statistics({ businessNumberId: NUMBER.id }), before);
    await stand.ledger.dispatched([event.id]);
    assert.deepEqual(await waiting(), []);
  });

  it('goes into the record and the CSV of the call, once per file', async () => {
    await stand.granted();
    await stand.conversation('w1');
    const { reservationId } = (await stand.ledger.findCall({ callId: 'w1' })) ?? assert.fail('no call');
    for (const seconds of [undefined, 61, undefined]) {
      const recording = { file: '/r/whatsapp/a.ogg', ...(seconds !== undefined && { seconds }) };
      assert.equal(await stand.ledger.noteRecording(reservationId, recording), true);
    }
    stand.clock.pass(SECOND);
    let csv = '';
    const read = (query: object) => stand.ledger.callRecords({ ...query, businessNumberId: NUMBER.id });
    for await (const line of callRecordLines(read, { contact: ANA }, { full: true, shortest: 'none' })) csv += line;
    const [names = '', values = '', ...rest] = csv.split('\r\n');
    const cells = Object.fromEntries(names.split(',').map((name, index) => [name, values.split(',')[index]]));
    assert.deepEqual(rest, ['']);
    assert.deepEqual(
      [cells.id, cells.providerCallId, cells.contact, cells.outcome, cells.recordings],
      [reservationId, 'w1', `'+${ANA.phone}`, 'completed', '/r/whatsapp/a.ogg'],
    );
    assert.equal(cells.billedPulses, String(Math.ceil(Number(cells.durationSeconds) / 6)));
  });
});
