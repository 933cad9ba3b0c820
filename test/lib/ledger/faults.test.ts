import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LedgerError } from '../../../lib/ledger/ledger.ts';
import { networkFileSystem, refuseNetworkDrive } from '../../../lib/ledger/sqlite/network-drive.ts';
import { ANA, NUMBER, Stand, TestClock, temporaryFolder, word } from './stand.ts';

const fails = (code: string) => (error: unknown) =>
  error instanceof LedgerError && error.code === code && error.message.length > 20 && error.nextStep.length > 20;

describe('a ledger in trouble says what to do', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  it('a second owner is refused, the first one goes on, and a kill frees the file at once', async () => {
    const child = spawn(process.execPath, [join('test', 'lib', 'ledger', 'owner.ts'), folder.file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await new Promise((resolve, reject) => {
        child.stdout.once('data', resolve);
        child.once('exit', () => reject(new Error('the owner did not start')));
      });
      await assert.rejects(Stand.open({ path: folder.file }), fails('store_locked'));
    } finally {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    const stand = await Stand.open({ path: folder.file, clock: new TestClock(Date.now()) });
    assert.equal((await stand.ledger.health()).ok, true);
    await stand.ledger.close();
  });

  it('what is no permission store is left as it is', async () => {
    for (const [name, content] of [
      ['text.sqlite', Buffer.from('Dear diary, '.repeat(1_000))],
      ['noise.sqlite', Buffer.from(Array.from({ length: 8_192 }, (_, index) => (index * 7_919) % 251))],
    ] as const) {
      const path = join(folder.path, name);
      writeFileSync(path, content);
      await assert.rejects(Stand.open({ path }), fails('store_corrupt'));
      assert.deepEqual(readFileSync(path), content);
    }
    const foreign = join(folder.path, 'foreign.sqlite');
    const db = new DatabaseSync(foreign);
    db.exec('CREATE TABLE recipes(name TEXT)');
    db.close();
    await assert.rejects(Stand.open({ path: foreign }), fails('store_corrupt'));
  });

  it('a damaged store is found when it is opened', async () => {
    const stand = await Stand.open({ path: folder.file });
    for (let index = 0; index < 40; index++)
      await stand.asked(`wamid.${index}`, { phone: `55119555${10_000 + index}` });
    await stand.ledger.close();
    const bytes = readFileSync(folder.file);
    const truncated = join(folder.path, 'truncated.sqlite');
    writeFileSync(truncated, bytes.subarray(0, bytes.length >> 1));
    await assert.rejects(Stand.open({ path: truncated }), fails('store_corrupt'));
    const scribbled = join(folder.path, 'scribbled.sqlite');
    bytes.fill(0xa5, 4_096, 60_000);
    writeFileSync(scribbled, bytes);
    await assert.rejects(Stand.open({ path: scribbled }), fails('store_corrupt'));
  });

  it('a store of a newer version is not touched', async () => {
    const stand = await Stand.open({ path: folder.file });
    await stand.granted();
    await stand.ledger.close();
    const db = new DatabaseSync(folder.file);
    db.exec('PRAGMA user_version = 999');
    db.close();
    const before = readFileSync(folder.file);
    await assert.rejects(Stand.open({ path: folder.file }), fails('store_newer_version'));
    assert.deepEqual(readFileSync(folder.file), before);
  });

  it('a folder that cannot be written is named', async () => {
    const locked = join(folder.path, 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    // Root may write everywhere but where there is nothing to write to.
    const path = process.getuid?.() === 0 ? '/proc/self/permissions.sqlite' : join(locked, 'permissions.sqlite');
    await assert.rejects(Stand.open({ path }), fails('store_unavailable'));
    writeFileSync(join(folder.path, 'file'), 'x');
    await assert.rejects(
      Stand.open({ path: join(folder.path, 'file', 'permissions.sqlite') }),
      fails('store_unavailable'),
    );
    await assert.rejects(Stand.open({ path: folder.path }), fails('store_unavailable'));
  });

  it('a full disk loses nothing that was acknowledged, and is left behind when there is space again', async () => {
    let stand = await Stand.open({ path: folder.file, maxPages: 80 });
    const acknowledged: string[] = [];
    let failure: unknown;
    for (let index = 0; index < 2_000 && failure === undefined; index++) {
      try {
        const [appended] = await stand.ledger.append([stand.message({ id: `m${index}`, text: 'x'.repeat(500) })]);
        assert.equal(appended?.fresh, true);
        acknowledged.push(`m${index}`);
      } catch (error) {
        failure = error;
      }
    }
    assert.ok(fails('store_full')(failure), String(failure));
    assert.ok(acknowledged.length > 20);
    await assert.rejects(
      Promise.all(Array.from({ length: 20 }, () => stand.ledger.append([stand.message({ text: 'x'.repeat(9_000) })]))),
      fails('store_full'),
    );
    const kept = async () => (await stand.ledger.undispatched(NUMBER.id)).map(({ event }) => event.id);
    assert.deepEqual(await kept(), acknowledged);
    await stand.ledger.close();
    stand = await Stand.open({ path: folder.file });
    assert.deepEqual(await kept(), acknowledged);
    await stand.granted();
    assert.equal(word(await stand.call()), 'ok');
    await stand.ledger.close();
  });

  it('network drives are refused by what the system calls them', () => {
    for (const type of [0x6969, 0xff534d42, 0xfe534d42, 0x01021997, -11317950]) assert.ok(networkFileSystem(type));
    for (const type of [0xef53, 0x9123683e, 0x01021994, 0x794c7630]) assert.equal(networkFileSystem(type), undefined);
    assert.throws(() => refuseNetworkDrive('/mnt/share', () => 0x6969), fails('store_network_drive'));
    assert.throws(() => refuseNetworkDrive('\\\\server\\share', () => 0), fails('store_network_drive'));
    assert.doesNotThrow(() => refuseNetworkDrive(folder.path, () => 0xef53));
  });

  it('when its worker dies, what was under way is rejected and the next operation finds everything', async () => {
    const stand = await Stand.open({ path: folder.file });
    await stand.granted();
    const under = Promise.allSettled(Array.from({ length: 5 }, () => stand.ledger.audit({})));
    await stand.ledger.killWorkerForTest();
    for (const result of await under) {
      if (result.status === 'rejected') assert.ok(fails('store_unavailable')(result.reason));
    }
    const reservation = await stand.call();
    assert.equal(word(reservation), 'ok');
    await stand.ledger.close();
    await assert.rejects(stand.call(), fails('store_unavailable'));
    assert.equal((await stand.ledger.health()).ok, false);
    await stand.ledger.close();
  });
});

describe('hostile input at the border of the ledger', () => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await Stand.open();
  });
  afterEach(() => stand.ledger.close());

  it('is refused before it reaches the store, without being repeated', async () => {
    const huge = '5'.repeat(10_000_000);
    const intent = { businessNumber: NUMBER, contact: ANA, purpose: 'x' };
    const bad: (() => Promise<unknown>)[] = [
      () => stand.ledger.reserveCall({ ...intent, contact: { phone: huge } }),
      () => stand.ledger.reserveCall({ ...intent, purpose: huge }),
      () => stand.ledger.reserveCall({ ...intent, contact: { phone: '+5511955500123' } }),
      () => stand.ledger.reserveCall({ ...intent, contact: { phone: "1' OR '1'='1" } }),
      () => stand.ledger.reserveCall(JSON.parse('{"__proto__":{"purpose":"x"}}')),
      () => stand.ledger.reserveCall(undefined as never),
      () => stand.ledger.append([{ ...stand.message(), at: Number.NaN }]),
      () => stand.ledger.append([{ ...stand.message(), at: Number.POSITIVE_INFINITY }]),
      () => stand.ledger.append([{ ...stand.message(), id: '' }]),
      () => stand.ledger.append([{ ...stand.message(), type: 'toString' } as never]),
      () => stand.ledger.append('[]' as never),
      () => stand.ledger.settle(huge, { state: 'released', why: 'x' }),
      () => stand.ledger.settle('x', { state: 'consumed' } as never),
      () => stand.ledger.correct({ businessNumber: NUMBER, contact: ANA, says: '__proto__' } as never),
      () => stand.ledger.audit({ limit: -1 }),
      () => stand.ledger.audit({ afterSeq: 0.5 }),
    ];
    for (const attempt of bad) {
      await assert.rejects(attempt(), (error: Error) => fails('bad_input')(error) && error.message.length < 300);
    }
    assert.deepEqual(await stand.ledger.audit({}), []);
  });

  it('live objects in data are refused, and take nothing with them that was asked in the same moment', async () => {
    await stand.granted();
    const origin = { nodeId: 'n', data: { callback: () => 1 } };
    const [bad, good] = await Promise.allSettled([
      stand.ledger.reserveCall({ businessNumber: NUMBER, contact: ANA, purpose: 'x', origin }),
      stand.call(),
    ]);
    assert.ok(bad.status === 'rejected' && fails('bad_input')(bad.reason));
    assert.ok(good.status === 'fulfilled' && good.value.ok);
  });

  it('an operation that fails takes none with it that shares its commit', async () => {
    await stand.granted();
    const ben = { phone: '4915112345678' };
    await stand.granted(ben);
    const results = await Promise.allSettled([
      stand.call(ben),
      stand.ledger.settle('nobody', { state: 'released', why: 'x' }),
      stand.call(),
      stand.ledger.settle('nobody', { state: 'released', why: 'x' }),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'rejected'],
    );
    assert.equal((await stand.ledger.liveCalls(NUMBER.id)).length, 2);
    // What is counted beside the file was not counted twice.
    const { callLimits } = await stand.ledger.explain(NUMBER, ANA);
    assert.deepEqual(
      callLimits.filter(({ rule }) => ['starts-day', 'live-number'].includes(rule.id)).map(({ used }) => used),
      [2, 2],
    );
  });
});
