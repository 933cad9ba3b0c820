/** A process of the race: argv holds connection, schema, its number, how many clients, pairs and tries per pair. */
import { PostgresEngine } from '../../../../lib/ledger/postgres/engine.ts';
import { findProfile } from '../../../../lib/permission/rules.ts';
import { LIMIT, racePair } from './race-pair.ts';

async function race(): Promise<void> {
  const [connection = '', schema = '', clients = '', pairs = ''] = process.argv.slice(2);
  const profile = findProfile('meta-2026', LIMIT);
  if (profile === undefined) throw new Error('the default profile is missing');
  const ledger = await PostgresEngine.open({ connection, schema, profile });
  process.stdout.write('ready\n');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  let allowed = 0;
  // Every client goes through all pairs in the same order, so that all of them want the same one at the same time.
  const client = async (): Promise<void> => {
    for (let index = 0; index < Number(pairs); index++) {
      const answer = await ledger.reserveCall({ ...racePair(index), purpose: 'race' });
      if (answer.ok) allowed += 1;
      else if (answer.reason.code !== 'connected_call_limit' && answer.reason.code !== 'call_in_progress') {
        throw new Error(answer.reason.code);
      }
    }
  };
  await Promise.all(Array.from({ length: Number(clients) }, client));
  process.stdout.write(`${JSON.stringify({ allowed })}\n`);
  await ledger.close();
  process.stdin.destroy();
}

void race();
