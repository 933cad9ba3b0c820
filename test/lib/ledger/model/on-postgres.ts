import type { Ledger } from '../../../../lib/ledger/ledger.ts';
import { PostgresEngine } from '../../../../lib/ledger/postgres/engine.ts';
import type { Profile } from '../../../../lib/permission/profile.ts';
import { freshSchema, PostgresServer } from '../../../postgres.ts';
import { TestClock } from '../stand.ts';
import { add } from './run-in-threads.ts';
import { runModel } from './run-model.ts';
import { VARIANTS } from './variants.ts';
import { type Engine, newTally, type Tally } from './world.ts';

/** Two instances of one ledger: every operation goes to the other one than the one before. */
export async function twoInstances(connection: string, profile: Profile): Promise<Engine> {
  const clock = new TestClock();
  const settings = { connection, schema: freshSchema(), profile, clock: clock.shared };
  const first = await PostgresEngine.open(settings);
  const second = await PostgresEngine.open(settings);
  const engines = [first, second];
  let turn = 0;
  const ledger = new Proxy(first as Ledger, {
    get(_, name) {
      const engine = engines[turn++ % 2] as PostgresEngine;
      if (name === 'sweep')
        return async () => {
          // Days have passed since their last sign of life, by a clock that their timers know nothing of.
          await Promise.all(engines.map((one) => one.heartbeat()));
          return engine.sweep();
        };
      const member = engine[name as keyof PostgresEngine] as unknown;
      return typeof member === 'function' ? member.bind(engine) : member;
    },
  });
  return { ledger, clock, close: async () => void (await Promise.all(engines.map((one) => one.close()))) };
}

/** Every variant on a PostgreSQL of its own making, side by side; what a disk would cost is left out. */
export async function runOnPostgres(histories: number, seed: number): Promise<Tally> {
  const server = await PostgresServer.start(['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']);
  try {
    const shares = VARIANTS.reduce((sum, { share }) => sum + share, 0);
    const tallies = await Promise.allSettled(
      VARIANTS.map((variant) =>
        runModel({
          histories: Math.ceil((histories * variant.share) / shares),
          seed,
          variants: [variant],
          store: (profile) => twoInstances(server.url(), profile),
        }),
      ),
    );
    for (const outcome of tallies) if (outcome.status === 'rejected') throw outcome.reason;
    return tallies.reduce((sum, one) => (one.status === 'fulfilled' ? add(sum, one.value) : sum), newTally());
  } finally {
    await server.remove();
  }
}
