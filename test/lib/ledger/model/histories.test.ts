import { strict as assert } from 'node:assert';
import { replayOnPostgres, runOnPostgres } from './on-postgres.ts';
import { runInThreads } from './run-in-threads.ts';
import { runModel } from './run-model.ts';
import { VARIANTS } from './variants.ts';
import type { Tally } from './world.ts';

/** More for a night's run: WA_MODEL_RUNS=100000. */
const RUNS = Number(process.env.WA_MODEL_RUNS ?? 10_000);
/** Each is dear on PostgreSQL: on a machine that is busy with other things it is as many as fit into some minutes, and never fewer than LEAST. */
const POSTGRES_RUNS = Number(process.env.WA_MODEL_POSTGRES_RUNS ?? 2_500);
const POSTGRES_MINUTES = Number(process.env.WA_MODEL_POSTGRES_MINUTES ?? 4);
const LEAST = 300;
/** The same histories for everybody, so that a change is judged by what it changed; others with WA_MODEL_SEED=random, or a number. */
const SEED =
  process.env.WA_MODEL_SEED === 'random' ? Date.now() % 1_000_000_000 : Number(process.env.WA_MODEL_SEED ?? 20_261_121);
const PATH = process.env.WA_MODEL_PATH;

/** Histories in which some rule never spoke would prove nothing about it. */
function proves(tally: Tally, codes: readonly string[]): void {
  assert.ok(tally.allowed > tally.histories, `${tally.allowed} allowed`);
  assert.ok(tally.blocked > tally.histories, `${tally.blocked} blocked`);
  for (const code of codes) assert.ok((tally.codes[code] ?? 0) > 0, `no history met ${code}`);
  for (const reason of ['WhatsApp', 'skew', 'not settled or not told', 'do-not-call', 'own rule'])
    assert.ok((tally.reasons[reason] ?? 0) > 0, `no block was explained by: ${reason}`);
  // Most blocks are WhatsApp's own; an exemption that explained everything would hide what is wrong.
  assert.ok((tally.reasons.WhatsApp ?? 0) > tally.blocked / 2, JSON.stringify(tally.reasons));
}

const OFTEN = [
  'do_not_call',
  'country_not_supported',
  'number_restricted',
  'permanent_permission_exists',
  'request_in_progress',
  'request_limit_day',
  'service_window_closed',
  'permission_not_requested',
  'permission_pending',
  'permission_denied',
  'permission_expired',
  'permission_revoked',
  'call_in_progress',
];
const SELDOM = [
  'request_limit_week',
  'request_limit_three_days',
  'permission_missing_at_provider',
  'permission_used_up',
  'connected_call_limit',
  'number_daily_call_limit',
  'number_concurrent_call_limit',
];

if (PATH !== undefined) {
  describe('a random history again', () => {
    it(`${process.env.WA_MODEL_VARIANT}, ${SEED}, ${PATH}`, async function () {
      this.timeout(300_000);
      const variants = VARIANTS.filter(({ name }) => name === process.env.WA_MODEL_VARIANT);
      if (process.env.WA_MODEL_ENGINE === 'postgres') await replayOnPostgres(variants, SEED, PATH);
      else await runModel({ histories: 1, seed: SEED, variants, path: PATH });
    });
  });
}

describe('random histories of up to 60 steps, judged by the simulator’s rules', () => {
  it(`sqlite: ${RUNS} histories, never a forbidden send, never a block without reason`, async function () {
    this.timeout(900_000);
    const tally = await runInThreads(RUNS, SEED, 2);
    assert.ok(tally.histories >= RUNS, `${tally.histories} histories`);
    proves(tally, RUNS < 3_000 ? OFTEN : [...OFTEN, ...SELDOM]);
  });

  it(`postgres: up to ${POSTGRES_RUNS} histories, two instances that take turns and die`, async function () {
    this.timeout(2_400_000);
    const started = performance.now();
    const tally = await runOnPostgres(POSTGRES_RUNS, SEED, POSTGRES_MINUTES * 60_000);
    console.log(`      ${tally.histories} histories on PostgreSQL`);
    // Fewer than were asked for only because the time was over.
    const timeIsOver = performance.now() - started >= POSTGRES_MINUTES * 60_000;
    assert.ok(
      tally.histories >= (timeIsOver ? Math.min(LEAST, POSTGRES_RUNS) : POSTGRES_RUNS),
      `${tally.histories} histories`,
    );
    proves(tally, OFTEN);
  });
});
