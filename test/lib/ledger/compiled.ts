import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * Every ledger has a thread of its own, and half of what opening one costs here would be translating the same sources again:
 * threads and processes that are started from now on keep what they have compiled, until the tests are over. Not while
 * coverage is measured, which would count less exactly.
 */
if (process.env.NODE_COMPILE_CACHE === undefined && process.env.NODE_V8_COVERAGE === undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'wa-compiled-'));
  process.env.NODE_COMPILE_CACHE = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
}
