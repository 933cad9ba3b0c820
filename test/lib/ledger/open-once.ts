/** A process that opens the store at argv[2], grants one permission, closes, and says what came of it as one line of JSON. */
import { closeLingering, openLedger } from '../../../lib/ledger/open.ts';

async function once(path: string): Promise<object> {
  try {
    const { ledger, release } = await openLedger({ engine: 'sqlite', path });
    await ledger.doNotCall('pn1', { phone: '5511955500123' }, { listed: true, source: 'test' });
    await release();
    await closeLingering();
    return { ok: true };
  } catch (error) {
    const { code, message, nextStep } = error as { code?: string; message?: string; nextStep?: string };
    return { ok: false, code, message, nextStep };
  }
}

void once(process.argv[2] ?? '').then((result) => process.stdout.write(JSON.stringify(result)));
