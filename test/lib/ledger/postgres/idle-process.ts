/**
 * A process that opens the store that its input names, listens for news, asks one question, and then has nothing more to do: it
 * must end by itself. It says what it was answered, and all that can be seen of its arguments and of the ledger.
 */
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { openLedger } from '../../../../lib/ledger/open.ts';
import { ANA, NUMBER } from '../stand.ts';

async function idle(): Promise<void> {
  const { connection, schema } = JSON.parse(await text(process.stdin)) as { connection: string; schema: string };
  const { ledger } = await openLedger({ engine: 'postgres', connection, schema });
  ledger.onNews?.(() => undefined);
  const { status } = await ledger.status(NUMBER.id, ANA);
  const seen = inspect(ledger, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null });
  const handles = inspect(process.report.getReport(), { depth: 20, maxStringLength: null, maxArrayLength: null });
  process.stdout.write(JSON.stringify({ status, shown: [seen, handles, process.argv, process.execArgv].join('\n') }));
}

void idle();
