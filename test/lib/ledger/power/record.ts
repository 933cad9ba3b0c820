import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * One thing a recorded process did to a file: `C` made and opened, `O` opened, `X` closed, `W` wrote, `T` set the length,
 * `S` flushed, `U` removed, `R` renamed (old name, zero, new name); `A`: it acknowledged the lines in `data`.
 */
export interface Entry {
  kind: 'C' | 'O' | 'X' | 'W' | 'T' | 'S' | 'U' | 'R' | 'A';
  fd: number;
  number: number;
  data: Buffer;
}

const HEAD = 17;

/** Compiles the recorder. @returns path of the library to preload */
export function buildRecorder(folder: string): string {
  const library = join(folder, 'recorder.so');
  const source = join('test', 'lib', 'ledger', 'power', 'recorder.c');
  const { status, stderr, error } = spawnSync(
    'gcc',
    ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', library, source, '-ldl', '-lpthread'],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the recorder does not compile: ${error?.message ?? stderr}`);
  return library;
}

/** Runs a Node.js script to its end, with everything recorded that it does below `folder`. */
export async function record(library: string, folder: string, log: string, args: string[]): Promise<Entry[]> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LD_PRELOAD: library, WA_POWER_FOLDER: folder, WA_POWER_LOG: log },
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdout.resume();
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the recorded program failed: ${errors}`);
  return entries(readFileSync(log));
}

function entries(log: Buffer): Entry[] {
  const all: Entry[] = [];
  for (let at = 0; at < log.length; ) {
    const length = log.readUInt32LE(at + 13);
    all.push({
      kind: log.toString('latin1', at, at + 1) as Entry['kind'],
      fd: log.readInt32LE(at + 1),
      number: Number(log.readBigInt64LE(at + 5)),
      data: log.subarray(at + HEAD, at + HEAD + length),
    });
    at += HEAD + length;
  }
  return all;
}
