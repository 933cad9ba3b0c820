/**
 * A process that works on the store at argv[2] until it is killed, and writes each thing down on stdout after the store has
 * acknowledged it. argv[3] tells this life from the others.
 */
import { writeSync } from 'node:fs';
import { openLedger } from '../../../lib/ledger/open.ts';
import { NUMBER } from './stand.ts';

async function work(path: string, life: string): Promise<void> {
  const { ledger } = await openLedger({ engine: 'sqlite', path });
  // Straight to the descriptor: what a killed process had only buffered would be missing in the proof.
  const acknowledged = (kind: string, id: string): void => {
    writeSync(1, `${kind} ${id}\n`);
  };
  let index = 0;
  const loop = async (): Promise<void> => {
    for (;;) {
      const contact = { phone: `5511${String(900_000_000 + Number(life) * 100_000 + index++)}` };
      const id = `${life}-${index}`;
      await ledger.append([
        {
          type: 'permission.replied',
          id: `grant-${id}`,
          at: Date.now(),
          businessNumberId: NUMBER.id,
          contact,
          response: 'accept',
          permanent: true,
          source: 'user_action',
        },
      ]);
      acknowledged('event', `grant-${id}`);
      const call = await ledger.reserveCall({ businessNumber: NUMBER, contact, purpose: 'crash' });
      if (!call.ok) throw new Error(`refused: ${call.reason.code}`);
      acknowledged('reserved', call.reservationId);
      await ledger.settle(call.reservationId, { state: 'consumed', providerId: `wacid-${id}` });
      acknowledged('placed', call.reservationId);
      await ledger.finishCall(call.reservationId, { outcome: 'failed', at: Date.now() });
      acknowledged('finished', call.reservationId);
      const hot = await ledger.reserveRequest({
        businessNumber: NUMBER,
        contact: { phone: `55119777777${index % 8}0` },
        purpose: 'crash',
        via: 'template',
        hasTemplate: true,
      });
      if (hot.ok) acknowledged('hot', `${index % 8}`);
      await ledger.doNotCall(NUMBER.id, contact, { listed: true, source: id });
      acknowledged('opt_out', contact.phone);
    }
  };
  await Promise.all(Array.from({ length: 16 }, loop));
}

void work(process.argv[2] ?? '', process.argv[3] ?? '0');
