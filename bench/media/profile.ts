import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Trial } from './trial.ts';

interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

const MOST = 25;

/** Where the media worker spends its time, bridging so many calls: own time of each function, the greatest first. */
export async function profile(calls: number, codec: 'opus' | 'PCMU', seconds: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'profile-'));
  const nodeOptions = `--disable-warning=MODULE_TYPELESS_PACKAGE_JSON --cpu-prof --cpu-prof-interval=500 --cpu-prof-dir=${folder}`;
  const trial = new Trial('ours', { codec, nodeOptions });
  try {
    await trial.setUp(calls);
    await trial.far.ask({ do: 'begin' });
    await sleep(seconds * 1000 + 1000);
    await trial.subject.leave();
    const files = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'));
    const profiles = await Promise.all(
      files.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as CpuProfile),
    );
    const own = profiles.map((taken) => ownTimes(taken, seconds * 1e6)).toSorted((a, b) => busy(b) - busy(a))[0];
    if (!own) throw new Error('no profile was written');
    const whole = busy(own);
    const rows = [...own].filter(([name]) => name !== '(idle)').toSorted((a, b) => b[1] - a[1]);
    return [
      `${calls} calls, ${codec}: own time of functions in the worker, % of the ${(whole / 1e6).toFixed(1)} s in which it was busy\n`,
      '| % | function |',
      '|---|---|',
      ...rows.slice(0, MOST).map(([name, time]) => `| ${((time / whole) * 100).toFixed(1)} | ${name} |`),
    ].join('\n');
  } finally {
    trial.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const busy = (times: Map<string, number>) =>
  [...times].reduce((sum, [name, time]) => (name === '(idle)' ? sum : sum + time), 0);

/** Microseconds in each function, not in those it calls, in the last so many. */
function ownTimes({ nodes, samples, timeDeltas }: CpuProfile, lastUs: number): Map<string, number> {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url } }) => {
      const file = url.replace(/^.*\/(node_modules|lib)\//, '').replace(/^.*\/(?=[^/]+$)/, '');
      return [id, url === '' ? functionName : `${functionName || '(anonymous)'}, ${file}`] as const;
    }),
  );
  const times = new Map<string, number>();
  let left = timeDeltas.reduce((sum, delta) => sum + delta, 0);
  samples.forEach((id, index) => {
    left -= timeDeltas[index] ?? 0;
    // Loading and setting up come first and are not asked for.
    if (left > lastUs) return;
    const name = names.get(id) ?? '?';
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  });
  return times;
}
