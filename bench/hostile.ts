/*
 * Hostile input: many damaged, hand-made and random inputs of each kind are given to the code that reads them. Whatever comes must be read or
 * refused with an error that says so: no crash, no hang, no memory that grows. A seed makes every run repeatable.
 *
 *   node bench/hostile.ts [--kinds=wav,wav-file,rtp,rtcp,stun,sdp] [--cases=100000] [--seed=1]
 */
import { parseArgs } from 'node:util';
import type { Kind } from './hostile/kind.ts';
import { rtcp } from './hostile/rtcp.ts';
import { rtp } from './hostile/rtp.ts';
import { sdp } from './hostile/sdp.ts';
import { stun } from './hostile/stun.ts';
import { wav } from './hostile/wav.ts';
import { wavFile } from './hostile/wav-file.ts';

/** One line per kind of input. */
const KINDS: Record<string, Kind> = {
  wav,
  'wav-file': wavFile,
  rtp,
  rtcp,
  stun,
  sdp,
};
/** A case that takes longer is told: an input of some kilobytes has no reason to. */
const SLOW_MS = 250;
/** What the heap may be larger at the end than after a tenth of the cases. */
const GROWTH_BYTES = 16 * 1024 * 1024;

const { values } = parseArgs({
  options: {
    kinds: { type: 'string', default: Object.keys(KINDS).join(',') },
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
});

function memory(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function run(name: string, kind: Kind, cases: number, seed: number): Promise<boolean> {
  const begun = performance.now();
  const attack = await kind(seed);
  let [taken, refused, slowest, early] = [0, 0, 0, 0];
  let fault: string | undefined;
  for (let index = 0; index < cases && fault === undefined; index += 1) {
    const before = performance.now();
    const outcome = await attack.one(index);
    slowest = Math.max(slowest, performance.now() - before);
    if (outcome === 'taken') taken += 1;
    else if (outcome === 'refused') refused += 1;
    else fault = `case ${index}: ${outcome.fault}`;
    if (index === Math.floor(cases / 10)) early = memory();
  }
  const growth = memory() - early;
  await attack.close?.();
  if (fault === undefined && growth > GROWTH_BYTES) fault = `memory grew by ${Math.round(growth / 1024 / 1024)} MB`;
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `| ${name} | ${cases.toLocaleString('en')} | ${taken.toLocaleString('en')} | ${refused.toLocaleString('en')} | ` +
      `${slowest.toFixed(1)}${slowest > SLOW_MS ? ' (slow)' : ''} | ${(growth / 1024 / 1024).toFixed(1)} | ${seconds.toFixed(0)} | ${fault ?? 'none'} |`,
  );
  return fault === undefined;
}

async function main(): Promise<void> {
  const cases = Number(values.cases);
  console.log('| kind | cases | read | refused | slowest ms | memory MB | seconds | fault |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const name of values.kinds.split(',')) {
    const kind = KINDS[name];
    if (!kind) throw new Error(`There is no kind "${name}". Use ${Object.keys(KINDS).join(', ')}.`);
    if (!(await run(name, kind, cases, Number(values.seed)))) process.exitCode = 1;
  }
}

void main();
