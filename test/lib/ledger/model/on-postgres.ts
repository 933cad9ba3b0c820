import { threadId } from 'node:worker_threads';
import type { Ledger } from '../../../../lib/ledger/ledger.ts';
import { OWNER_SILENT_MS } from '../../../../lib/ledger/timings.ts';
import type { Profile } from '../../../../lib/permission/profile.ts';
import { PostgresServer } from '../../../postgres.ts';
import { TestClock } from '../stand.ts';
import { PostgresInProcess } from './postgres-in-process.ts';
import { add, runInThreads } from './run-in-threads.ts';
import { runModel } from './run-model.ts';
import { VARIANTS, type Variant } from './variants.ts';
import { type Engine, newTally, type Tally } from './world.ts';

let schemas = 0;

/** Two instances of one ledger: every operation goes to the other one than the one before. */
export async function twoInstances(connection: string, profile: Profile): Promise<Engine> {
  const clock = new TestClock();
  const schema = `m${threadId}_${++schemas}`;
  const open = (): Promise<PostgresInProcess> =>
    PostgresInProcess.open({ connection, schema, profile, clock: clock.shared });
  let engines = [await open(), await open()];
  let turn = 0;
  const ledger = new Proxy({} as Ledger, {
    get(_, name) {
      const engine = engines[turn++ % 2] as PostgresInProcess;
      if (name === 'sweep')
        return async () => {
          // Days have passed since their last sign of life, by a clock that their timers know nothing of.
          await Promise.all(engines.map((one) => one.heartbeat()));
          return engine.sweep();
        };
      const member = engine[name as keyof PostgresInProcess] as unknown;
      return typeof member === 'function' ? member.bind(engine) : member;
    },
  });
  return {
    ledger,
    clock,
    deathNoticedMs: OWNER_SILENT_MS + 1,
    restart: async () => {
      await Promise.all(engines.map((one) => one.crash()));
      engines = [await open(), await open()];
    },
    close: async () => void (await Promise.all(engines.map((one) => one.close()))),
  };
}

/** A server that leaves out what a disk would cost, and what it would cost to choose among plans. */
export function modelServer(): Promise<PostgresServer> {
  const memory = [
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
    'wal_level=minimal',
    'max_wal_senders=0',
  ];
  return PostgresServer.start([
    ...memory,
    'max_connections=300',
    'autovacuum=off',
    'jit=off',
    'plan_cache_mode=force_generic_plan',
  ]);
}

/** Every variant on a PostgreSQL of its own making, in two threads, side by side in each. */
export async function runOnPostgres(histories: number, seed: number, budgetMs: number): Promise<Tally> {
  const server = await modelServer();
  try {
    return await runInThreads(histories, seed, 2, { connection: server.url(), budgetMs });
  } finally {
    await server.remove();
  }
}

/** One history again, as the report of a failure names it. */
export async function replayOnPostgres(variants: readonly Variant[], seed: number, path: string): Promise<Tally> {
  const server = await modelServer();
  try {
    const store = (profile: Profile) => twoInstances(server.url(), profile);
    return await runModel({ histories: 1, seed, variants, path, engine: 'postgres', store });
  } finally {
    await server.remove();
  }
}

/** What a thread is told. */
export interface OnPostgres {
  connection: string;
  budgetMs: number;
}

/** A thread's part: each variant as often side by side as it has shares, so that all end at about the same time. */
export async function playOnPostgres(
  { connection, budgetMs }: OnPostgres,
  histories: number,
  seed: number,
): Promise<Tally> {
  const lanes = VARIANTS.flatMap((variant) => Array<Variant>(variant.share).fill(variant));
  const tallies = await Promise.all(
    lanes.map((variant, lane) =>
      runModel({
        histories: Math.ceil(histories / lanes.length),
        seed: seed + 1_000 * lane,
        budgetMs,
        variants: [variant],
        engine: 'postgres',
        store: (profile) => twoInstances(connection, profile),
      }),
    ),
  );
  return tallies.reduce(add, newTally());
}
