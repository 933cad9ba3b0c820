import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { Profile } from '../../../../lib/permission/profile.ts';
import { findProfile } from '../../../../lib/permission/rules.ts';
import { sqliteInProcess } from './in-process.ts';
import { checkEnd, play } from './play.ts';
import { histories as historiesOf, type Step } from './steps.ts';
import { VARIANTS, type Variant } from './variants.ts';
import { type Engine, newTally, type Tally, World } from './world.ts';

export interface ModelOptions {
  /** How many random histories, over all variants together. */
  histories: number;
  seed: number;
  /** Opens the store under test; left out: the SQLite store in this process. */
  store?: (profile: Profile, variant: Variant) => Promise<Engine> | Engine;
  /** What that store is, for whoever plays a failing history again. */
  engine?: 'sqlite' | 'postgres';
  /** Only these variants. */
  variants?: readonly Variant[];
  /** After so many milliseconds no further history is begun; those left out are not counted. */
  budgetMs?: number;
  /** Replays one failing history of one variant: the path that its report gave. */
  path?: string;
  /** Do not look for a smaller counterexample. */
  quick?: boolean;
}

/** A history that the ledger did not get through, with how to play it again. */
export class ModelFailure extends Error {
  readonly variant: string;
  readonly seed: number;
  readonly path: string;
  /** After so many histories of its variant it was found. */
  readonly found: number;
  constructor(variant: string, engine: string, details: fc.RunDetails<[History]>) {
    const cause = details.errorInstance;
    const path = details.counterexamplePath ?? '';
    super(
      [
        `Under ${variant} the ledger (${engine}) fails: ${cause instanceof Error ? cause.message : String(cause)}`,
        `Again: WA_MODEL_ENGINE=${engine} WA_MODEL_VARIANT=${variant} WA_MODEL_SEED=${details.seed} WA_MODEL_PATH=${path}`,
        `Steps: ${JSON.stringify(details.counterexample?.[0])}`,
      ].join('\n'),
    );
    this.name = 'ModelFailure';
    this.variant = variant;
    this.seed = details.seed;
    this.path = path;
    this.found = details.numRuns;
  }
}

interface History {
  start: number;
  steps: Step[];
}

/** A store is used for so many histories; their audit grows with them. */
const PER_STORE = 200;

/**
 * Plays random histories against a store and lets the simulator's rules judge every answer.
 *
 * @returns what was judged
 * @throws ModelFailure with the smallest history found, in plain words
 */
export async function runModel(options: ModelOptions): Promise<Tally> {
  const { histories, seed, variants = VARIANTS } = options;
  const tally = newTally();
  const shares = variants.reduce((sum, { share }) => sum + share, 0);
  for (const variant of variants)
    await runVariant(variant, Math.ceil((histories * variant.share) / shares), seed, options, tally);
  return tally;
}

async function runVariant(
  variant: Variant,
  numRuns: number,
  seed: number,
  { store, engine: kind = 'sqlite', path, quick = false, budgetMs = Number.POSITIVE_INFINITY }: ModelOptions,
  tally: Tally,
): Promise<void> {
  const profile = findProfile(variant.profile, variant.overrides);
  if (profile === undefined) throw new Error(`there is no profile ${variant.profile}`);
  const open = store ?? ((rules, { restarts }) => sqliteInProcess(rules, restarts === true));
  const until = performance.now() + budgetMs;
  let engine: Engine | undefined;
  let played = 0;
  const property = fc.asyncProperty(
    historiesOf({ restarts: variant.restarts === true, busy: variant.limits.connectedPerDay >= 100 }),
    async ({ start, steps }) => {
      if (performance.now() > until) return;
      if (played % PER_STORE === 0) {
        await finish(engine);
        engine = await open(profile, variant);
      }
      if (engine === undefined) throw new Error('no store');
      const world = new World(engine, variant, `${played++}`, start, tally);
      tally.histories++;
      tally.steps += steps.length;
      try {
        for (const step of steps) await play(world, step);
        await checkEnd(world);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        throw new Error(`${text}\nWhat happened:\n${world.log.map((line) => `  ${line}`).join('\n')}`, {
          cause: error,
        });
      }
    },
  );
  try {
    const details = await fc.check(property, {
      numRuns,
      seed,
      endOnFailure: quick,
      ...(path === undefined ? {} : { path }),
    });
    if (details.failed) throw new ModelFailure(variant.name, kind, details);
    if (engine === undefined) return;
    const verdict = await engine.ledger.verifyAudit();
    assert.equal(verdict.ok, true, `the audit does not hold: ${JSON.stringify(verdict)}`);
  } finally {
    await finish(engine);
  }
}

async function finish(engine: Engine | undefined): Promise<void> {
  await engine?.close();
}
