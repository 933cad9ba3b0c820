/*
 * The permission ledger: reservations and webhooks per second, and what one operation costs the caller's thread, all durable (WAL, FULL). In
 * one run, in turns, because figures of two runs on a shared machine cannot be compared:
 *   disk     overwrite 4 KiB and fdatasync, nothing else: what one durable write costs here at least
 *   inline   the same store called synchronously in the caller's thread, one commit each
 *   worker   the ledger as the nodes use it, with 1, 16 and 64 operations in flight
 *   postgres the same on a PostgreSQL server of the bench's own, on this machine; off with --engines=sqlite
 * Of the caller's thread two figures: how long an operation keeps its event loop busy, which on a machine whose processors are
 * all at work includes waiting for one, and how much processor time it takes.
 *
 *   node bench/ledger.ts [--seconds=2] [--rounds=2] [--pairs=100000] [--engines=sqlite,postgres] [--folder=DIR]
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { Ledger } from '../lib/ledger/ledger.ts';
import { PostgresEngine } from '../lib/ledger/postgres/engine.ts';
import { SqliteEngine } from '../lib/ledger/sqlite/engine.ts';
import { SqliteStore } from '../lib/ledger/sqlite/store.ts';
import type { Contact } from '../lib/permission/model.ts';
import { findProfile } from '../lib/permission/rules.ts';
import type { ProviderEvent } from '../lib/provider/event.ts';
import { PostgresServer } from '../test/postgres.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '2' },
    pairs: { type: 'string', default: '100000' },
    engines: { type: 'string', default: 'sqlite,postgres' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const SECONDS = Number(values.seconds);
const ROUNDS = Number(values.rounds);
const PAIRS = Number(values.pairs);
const IN_FLIGHT = [1, 16, 64];
const NUMBERS = 10;

interface Cell {
  perSecond: number;
  p50: number;
  p99: number;
  loopMicroseconds: number;
  cpuMicroseconds: number;
}
/** One operation of a measurement; the index never repeats. */
type Operation = (index: number) => Promise<unknown> | unknown;

// In a few seconds a benchmark places more calls than a number may in a day; all other limits are as they are.
const profile = findProfile('meta-2026', { startsPerDay: 1_000_000, concurrentCalls: 1_000_000 });
if (profile === undefined) throw new Error('the default profile is missing');
const folder = mkdtempSync(join(values.folder, 'wa-ledger-bench-'));
const rows = new Map<string, Cell[]>();
const nextPair = new Map<string, number>();
let nextEvent = 0;

/** A pair that no measurement has touched yet: a contact can only have one call at a time. */
function freshPair(store: string): { businessNumber: { id: string; phone: string }; contact: Contact } {
  const next = nextPair.get(store) ?? 0;
  if (next >= PAIRS) throw new Error('used up: run with more --pairs');
  nextPair.set(store, next + 1);
  return pairAt(next);
}
function pairAt(index: number): { businessNumber: { id: string; phone: string }; contact: Contact } {
  return {
    businessNumber: { id: `number-${index % NUMBERS}`, phone: '351211000100' },
    contact: { phone: `5511${900_000_000 + index}` },
  };
}

function grant(index: number): ProviderEvent {
  const { businessNumber, contact } = pairAt(index);
  return {
    type: 'permission.replied',
    id: `grant-${index}`,
    at: Date.now(),
    businessNumberId: businessNumber.id,
    contact,
    response: 'accept',
    permanent: true,
    source: 'user_action',
  };
}

/** A terminate webhook of a call that another system placed: finds its pair, writes the call, the pair, the audit and the inbox. */
function terminate(): ProviderEvent {
  const index = nextEvent++;
  const { businessNumber, contact } = pairAt((index * 7_919) % PAIRS);
  return {
    type: 'call.terminated',
    id: `terminate-${index}`,
    at: Date.now(),
    businessNumberId: businessNumber.id,
    contact,
    callId: `wacid.${index}`,
    direction: 'outbound',
    status: 'completed',
    durationSeconds: 60,
    errors: [],
  };
}

/** Keeps so many operations in flight for the time of a measurement. */
async function measure(inFlight: number, operation: Operation): Promise<Cell> {
  const latencies: number[] = [];
  const before = performance.eventLoopUtilization();
  const cpuBefore = process.threadCpuUsage();
  const started = performance.now();
  const end = started + SECONDS * 1_000;
  let index = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() < end) {
      const from = performance.now();
      const done = operation(index++);
      if (done instanceof Promise) await done;
      // A synchronous operation keeps the loop to itself; that is its cost.
      else await undefined;
      latencies.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  const elapsed = performance.now() - started;
  const { active } = performance.eventLoopUtilization(before);
  const { user, system } = process.threadCpuUsage(cpuBefore);
  latencies.sort((a, b) => a - b);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return {
    perSecond: (latencies.length / elapsed) * 1_000,
    p50: at(0.5),
    p99: at(0.99),
    loopMicroseconds: (active * 1_000) / latencies.length,
    cpuMicroseconds: (user + system) / latencies.length,
  };
}

async function record(name: string, inFlight: number, operation: Operation): Promise<void> {
  // A turn of the loop between measurements, so that each begins with an idle one.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const cells = rows.get(name) ?? [];
  cells.push(await measure(inFlight, operation));
  rows.set(name, cells);
}

async function disk(): Promise<void> {
  const file = openSync(join(folder, 'raw'), 'w');
  const page = Buffer.alloc(4_096, 1);
  try {
    await record('disk: 4 KiB + fdatasync', 1, () => {
      writeSync(file, page, 0, page.length, 0);
      fdatasyncSync(file);
    });
  } finally {
    closeSync(file);
  }
}

async function inline(path: string): Promise<void> {
  if (profile === undefined) return;
  const store = new SqliteStore({
    path,
    profile,
    owner: 'bench',
    time: { wall: () => Date.now(), steady: () => performance.now() },
  });
  let commits = 0;
  const run = (name: 'reserveCall' | 'append', args: unknown[]): void => {
    const [outcome] = store.run([{ name, args }]);
    // About as often as SQLite does it by itself.
    if (++commits % 200 === 0) store.checkpoint();
    if (outcome?.ok !== true) throw outcome?.error;
    if (name === 'reserveCall') insist(outcome.value as { ok: boolean });
  };
  await record('inline, reserve', 1, () => run('reserveCall', [{ ...freshPair('worker'), purpose: 'bench' }]));
  await record('inline, webhook', 1, () => run('append', [[terminate()]]));
  store.close();
}

async function worker(path: string): Promise<void> {
  if (profile === undefined) return;
  const engine = await SqliteEngine.open({ path, profile });
  await operations('worker', engine);
  await engine.close();
}

async function postgres(server: PostgresServer): Promise<void> {
  if (profile === undefined) return;
  const engine = await PostgresEngine.open({ connection: server.url(), schema: 'bench', profile });
  await operations('postgres', engine);
  await engine.close();
}

async function operations(name: string, ledger: Ledger): Promise<void> {
  for (const inFlight of IN_FLIGHT) {
    await record(`${name}, reserve, ${inFlight} in flight`, inFlight, async () =>
      insist(await ledger.reserveCall({ ...freshPair(name), purpose: 'bench' })),
    );
  }
  for (const inFlight of IN_FLIGHT) {
    await record(`${name}, webhook, ${inFlight} in flight`, inFlight, () => ledger.append([terminate()]));
  }
  await record(`${name}, status, 16 in flight`, 16, (index) => {
    const { businessNumber, contact } = pairAt((index * 104_729) % PAIRS);
    return ledger.status(businessNumber.id, contact);
  });
}

/** A refusal would be measured as if it were work. */
function insist(reservation: { ok: boolean }): void {
  if (!reservation.ok) throw new Error(`refused: ${JSON.stringify(reservation)}`);
}

async function fill(ledger: Ledger): Promise<void> {
  for (let start = 0; start < PAIRS; start += 2_000) {
    const events = Array.from({ length: Math.min(2_000, PAIRS - start) }, (_, index) => grant(start + index));
    await ledger.append(events);
    await ledger.dispatched(events.map(({ id }) => id));
  }
  await ledger.close();
}

function median(cells: Cell[], key: keyof Cell): number {
  const sorted = cells.map((cell) => cell[key]).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

async function main(): Promise<void> {
  if (profile === undefined) return;
  const path = join(folder, 'permissions.sqlite');
  const wanted = values.engines.split(',');
  const notes: string[] = [];
  const server = wanted.includes('postgres') ? await PostgresServer.start() : undefined;
  try {
    if (wanted.includes('sqlite')) {
      await fill(await SqliteEngine.open({ path, profile }));
      notes.push(`SQLite after filling: ${(statSync(path).size / PAIRS).toFixed(0)} bytes per pair`);
    }
    if (server !== undefined) {
      const connection = server.url();
      await fill(await PostgresEngine.open({ connection, schema: 'bench', profile }));
      const [size] = await server.query(
        "SELECT sum(pg_total_relation_size(c.oid))::float8 AS n FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = 'bench' AND c.relkind = 'r'",
      );
      notes.push(`PostgreSQL after filling: ${(Number(size?.n) / PAIRS).toFixed(0)} bytes per pair`);
    }
    for (let round = 0; round < ROUNDS; round++) {
      await disk();
      if (wanted.includes('sqlite')) {
        await inline(path);
        await worker(path);
      }
      if (server !== undefined) await postgres(server);
    }
    if (wanted.includes('sqlite')) {
      // The first opening settles what the measurements left open.
      await (await SqliteEngine.open({ path, profile })).close();
      const opening = performance.now();
      const engine = await SqliteEngine.open({ path, profile });
      notes.push(`opening the SQLite file at the end: ${(performance.now() - opening).toFixed(0)} ms`);
      await engine.close();
    }
    if (server !== undefined) {
      const opening = performance.now();
      const engine = await PostgresEngine.open({ connection: server.url(), schema: 'bench', profile });
      notes.push(`opening the PostgreSQL store at the end: ${(performance.now() - opening).toFixed(0)} ms`);
      await engine.close();
    }
  } finally {
    await server?.remove();
  }
  console.log(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${values.folder}`);
  console.log(
    `${PAIRS} pairs, ${SECONDS} s per cell, median of ${ROUNDS} rounds; times in ms, event loop and its processor time in µs per operation\n`,
  );
  console.log('| what | per s | p50 | p99 | event loop | processor |\n|---|---|---|---|---|---|');
  for (const [name, cells] of rows) {
    const cell = (key: keyof Cell, digits: number): string => median(cells, key).toFixed(digits);
    console.log(
      `| ${name} | ${cell('perSecond', 0)} | ${cell('p50', 2)} | ${cell('p99', 2)} | ${cell('loopMicroseconds', 1)} | ${cell('cpuMicroseconds', 1)} |`,
    );
  }
  console.log(`\n${notes.join('\n')}`);
}

main().finally(() => rmSync(folder, { recursive: true, force: true }));
