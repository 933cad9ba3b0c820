import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Findings, prove, proveBackups } from './proof.ts';

/** What a process is doing when it is killed. */
export const MOMENTS = ['work', 'opening', 'closing', 'backup', 'migration'] as const;
export type Moment = (typeof MOMENTS)[number];

/** One life of the writer and what was found after its death. */
export interface Death {
  moment: Moment;
  /** Lines acknowledged in this life, and all that were looked for. */
  acknowledged: number;
  lookedFor: number;
  findings: Findings;
}

/** A number may start so many calls a day, and none of the limits is lifted here: after so many lives another store follows. */
const LIVES_PER_STORE = 10;

/**
 * Starts a writer, kills it at some random moment, looks for everything that it and those before it on the same file
 * acknowledged, and so on.
 *
 * @param lane tells loops apart that run beside each other
 */
export async function* killLoops(folder: string, loops: number, lane = 0): AsyncGenerator<Death> {
  let store = '';
  let lines: string[] = [];
  for (let life = 0; life < loops; life++) {
    const moment = MOMENTS[(life + lane) % MOMENTS.length] as Moment;
    if (life % LIVES_PER_STORE === 0) {
      const home = join(folder, `store-${lane}-${life}`);
      mkdirSync(home);
      store = join(home, 'permissions.sqlite');
      lines = [];
    }
    // Each migration needs an old store of its own.
    const path = moment === 'migration' ? `${store}.old-${life}` : store;
    const before = moment === 'migration' ? [] : lines;
    const own = await killed(path, life, moment, folder);
    const lookedFor = [...before, ...own];
    if (moment !== 'migration') lines = lookedFor;
    const findings = prove(path, lookedFor, 60);
    proveBackups(dirname(path), lookedFor, findings, before.length);
    yield { moment, acknowledged: own.length, lookedFor: lookedFor.length, findings };
  }
}

async function killed(path: string, life: number, moment: Moment, folder: string): Promise<string[]> {
  const args = [join('test', 'lib', 'ledger', 'crash-writer.ts'), path, String(life)];
  if (moment === 'closing') args.push('100', 'once');
  if (moment === 'backup') args.push('Infinity', 'backup');
  if (moment === 'migration') args.push('Infinity', 'old');
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Half of a life would be reading the sources again.
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') },
  });
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const gone = new Promise((resolve) => child.once('close', resolve));
  const isReady = lastMoments(moment);
  let ready = false;
  const near = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (ready) return;
      ready = isReady(String(chunk));
      if (ready) resolve();
    });
  });
  await Promise.race([gone, near]);
  if (!ready) throw new Error(`the writer ended by itself: ${errors}`);
  await sleep(Math.random() * REST_MS[moment]);
  child.kill('SIGKILL');
  await gone;
  return output.split('\n').slice(0, -1);
}

/** Tells, chunk by chunk, whether the writer has said what its last moments begin with. */
function lastMoments(moment: Moment): (chunk: string) => boolean {
  const phase = { opening: 'opening', migration: 'opening', closing: 'closing', backup: 'open', work: 'open' };
  // At work it may go on for a while.
  let missing = moment === 'work' || moment === 'backup' ? 1 + Math.floor(Math.random() * 300) : 0;
  let heard = '';
  let begun = false;
  return (chunk) => {
    if (begun) missing -= chunk.split('\n').length - 1;
    else {
      heard += chunk;
      begun = heard.includes(`phase ${phase[moment]}\n`);
    }
    return begun && missing <= 0;
  };
}

/** How many milliseconds at most are left to the writer then. */
const REST_MS: Record<Moment, number> = { work: 20, opening: 200, closing: 20, backup: 60, migration: 200 };
