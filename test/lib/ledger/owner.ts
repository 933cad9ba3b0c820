/** A process that owns the store at argv[2] and does nothing with it. */
import { openLedger } from '../../../lib/ledger/open.ts';

async function own(path: string): Promise<void> {
  await openLedger({ engine: 'sqlite', path });
  process.stdout.write('open\n');
  setInterval(() => undefined, 60_000);
}

void own(process.argv[2] ?? '');
