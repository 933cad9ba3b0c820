import { readdirSync, readFileSync } from 'node:fs';
import type { Figures } from './protocol.ts';

/** Linux counts processor time in 1/100 s. */
const TICK_US = 10_000;

/** Processor time and memory of this process and those that it has started. */
export function figures(): Figures {
  const { user, system } = process.cpuUsage();
  let cpuUs = user + system;
  let bytes = process.memoryUsage.rss();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ');
      if (Number(fields[1]) !== process.pid) continue;
      cpuUs += (Number(fields[11]) + Number(fields[12])) * TICK_US;
      bytes += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${name}/status`, 'latin1'))?.[1] ?? 0) * 1024;
    } catch {
      // It has just ended.
    }
  }
  return { cpuUs, bytes };
}
