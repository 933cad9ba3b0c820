import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { freshSchema, postgresServer } from '../../../postgres.ts';

/** What a process says that opens the store which its input names. */
const PROBE = `import { text } from 'node:stream/consumers';
import { closeLingering, openLedger } from './lib/ledger/open.ts';
async function probe() {
  const lease = await openLedger({ engine: 'postgres', ...JSON.parse(await text(process.stdin)) });
  const health = await lease.ledger.health();
  await lease.release();
  await closeLingering();
  return health;
}
probe().then(
  (health) => console.log(JSON.stringify(health)),
  ({ code, message, nextStep }) => console.log(JSON.stringify({ code, message, nextStep })),
);
`;

describe('the client of PostgreSQL, which is not among our dependencies', () => {
  let home: string;
  let root: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'wa-driver-'));
    root = join(home, 'package');
    mkdirSync(join(root, 'node_modules'), { recursive: true });
    cpSync('lib', join(root, 'lib'), { recursive: true });
    for (const name of readdirSync('node_modules').filter((name) => name !== 'pg' && !name.startsWith('.'))) {
      symlinkSync(resolve('node_modules', name), join(root, 'node_modules', name));
    }
    writeFileSync(join(root, 'probe.ts'), PROBE);
  });
  afterEach(() => rmSync(home, { recursive: true }));

  async function probe(): Promise<Record<string, unknown>> {
    const { NODE_PATH, ...env } = process.env;
    const child = spawn(process.execPath, [join(root, 'probe.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...env, NODE_OPTIONS: '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON' },
    });
    child.stdin.end(JSON.stringify({ connection: (await postgresServer()).url(), schema: freshSchema() }));
    return JSON.parse(await text(child.stdout)) as Record<string, unknown>;
  }

  it("is the user's own, and where there is none, how to install it is said", async function () {
    this.timeout(60_000);
    const missing = await probe();
    assert.equal(missing.code, 'store_unavailable');
    assert.match(String(missing.message), /not installed/);
    assert.match(String(missing.nextStep), /npm install pg/);
    // Beside our package, as in the folder of a Node-RED.
    mkdirSync(join(home, 'node_modules'));
    symlinkSync(resolve('node_modules', 'pg'), join(home, 'node_modules', 'pg'));
    const found = await probe();
    assert.equal(found.ok, true, JSON.stringify(found));
  });
});
