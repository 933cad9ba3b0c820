import { strict as assert } from 'node:assert';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { PostgresEngine } from '../../../lib/ledger/postgres/engine.ts';
import { Link } from '../../../lib/ledger/postgres/link.ts';
import { SqliteEngine } from '../../../lib/ledger/sqlite/engine.ts';
import { Tries } from '../../../lib/ledger/tries.ts';
import { findProfile } from '../../../lib/permission/rules.ts';
import { freshSchema, postgresServer } from '../../postgres.ts';
import { Wire } from './postgres/wire.ts';
import { ANA, NUMBER, temporaryFolder } from './stand.ts';

/** A clock whose time and waits are in the hands of the test. */
function fakeClock() {
  let now = 5_000;
  const waits = new Set<{ at: number; run: () => void }>();
  return {
    now: () => now,
    after: (ms: number, run: () => void) => {
      const wait = { at: now + ms, run };
      waits.add(wait);
      return () => void waits.delete(wait);
    },
    waits,
    pass(ms: number) {
      now += ms;
      for (const wait of [...waits]) {
        if (wait.at > now) continue;
        waits.delete(wait);
        wait.run();
      }
    },
  };
}

describe('tries to open a store', () => {
  it('are a second apart after a failure; the first, and one after a success, is made at once', async () => {
    const clock = fakeClock();
    const tries = new Tries(clock);
    const made: number[] = [];
    const fail = async (): Promise<never> => {
      made.push(clock.now());
      throw new Error('away');
    };
    await assert.rejects(tries.next(fail), /away/);
    clock.pass(400);
    const second = assert.rejects(tries.next(fail), /away/);
    assert.equal(clock.waits.size, 1);
    clock.pass(599);
    assert.deepEqual(made, [5_000]);
    clock.pass(1);
    await second;
    assert.deepEqual(made, [5_000, 6_000]);
    clock.pass(1_000);
    assert.equal(await tries.next(async () => 'open'), 'open');
    await tries.next(async () => 'open again');
    assert.equal(clock.waits.size, 0);
  });

  it('wait no longer once the store is closed', async () => {
    const clock = fakeClock();
    const tries = new Tries(clock);
    await assert.rejects(tries.next(() => Promise.reject(new Error('away'))));
    const waiting = tries.next(async () => 'let through');
    tries.end();
    assert.equal(await waiting, 'let through');
    assert.equal(clock.waits.size, 0, 'no timer is left');
  });
});

describe('a store that cannot be opened', () => {
  const profile = findProfile('meta-2026');
  assert.ok(profile);

  it('(sqlite) costs one thread a second, however much is asked of it', async () => {
    const folder = temporaryFolder();
    const engine = await SqliteEngine.open({ path: folder.file, profile });
    await engine.killWorkerForTest();
    for (const end of ['', '-wal', '-shm']) rmSync(folder.file + end, { force: true });
    writeFileSync(folder.file, 'this is no store '.repeat(1_000));
    let threads = 0;
    const count = (): void => void threads++;
    process.on('worker', count);
    try {
      await assert.rejects(engine.status(NUMBER.id, ANA));
      assert.equal(threads, 1);
      const before = performance.now();
      const asked = Array.from({ length: 50 }, () => engine.status(NUMBER.id, ANA));
      assert.ok((await Promise.allSettled(asked)).every(({ status }) => status === 'rejected'));
      assert.equal(threads, 2);
      assert.ok(performance.now() - before > 500, 'there was no pause');
      // A closed one keeps nobody waiting, and starts nothing.
      const late = engine.status(NUMBER.id, ANA);
      await Promise.all([engine.close(), assert.rejects(late, { code: 'store_unavailable' })]);
      assert.equal(threads, 2);
    } finally {
      process.off('worker', count);
      folder.remove();
    }
  });

  it('(postgres) is connected to once a second, however much is asked of it', async () => {
    const wire = await Wire.to((await postgresServer()).port);
    const { port } = wire;
    const connection = (await postgresServer()).url('postgres', 'postgres', port);
    const engine = await PostgresEngine.open({ connection, schema: freshSchema(), profile });
    await wire.close();
    // In the place of the server somebody who hangs up on everybody.
    const sockets: Socket[] = [];
    const refusing = createServer((socket) => sockets.push(socket.on('error', () => undefined).destroy()));
    await new Promise<void>((resolve) => refusing.listen(port, '127.0.0.1', resolve));
    try {
      await assert.rejects(engine.dispatched(['x']), { code: 'store_unavailable' });
      const first = sockets.length;
      assert.ok(first <= 2, `${first} connections`);
      const asked = Array.from({ length: 50 }, () => engine.dispatched(['x']));
      assert.ok((await Promise.allSettled(asked)).every(({ status }) => status === 'rejected'));
      assert.ok(sockets.length <= first + 1, `${sockets.length} connections`);
      const late = assert.rejects(engine.dispatched(['x']), { code: 'store_unavailable' });
      await engine.close();
      await late;
    } finally {
      refusing.close();
    }
  });

  it('(postgres) has a pause of its own on each connection', async () => {
    const clock = fakeClock();
    const link = new Link('postgresql://u:p@127.0.0.1:1/x', 1_000, clock);
    await assert.rejects(link.open(), { code: 'ECONNREFUSED' });
    const again = assert.rejects(link.open(), { code: 'ECONNREFUSED' });
    assert.equal(clock.waits.size, 1);
    clock.pass(1_000);
    await again;
    const last = assert.rejects(link.open(), { code: 'store_unavailable' });
    await link.close();
    await last;
  });
});
