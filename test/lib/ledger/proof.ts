import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { dedupeKey } from '../../../lib/ledger/dedupe-key.ts';
import type { AuditVerdict } from '../../../lib/ledger/ledger.ts';
import { longEvent, shortEvent } from '../../../lib/ledger/sqlite/short-event.ts';
import { lengthen } from '../../../lib/ledger/sqlite/short-json.ts';
import { type Operation, SqliteStore } from '../../../lib/ledger/sqlite/store.ts';
import { DEFAULT_PROFILE, findProfile } from '../../../lib/permission/rules.ts';
import { NUMBER } from './stand.ts';

/** What became of a store; every list is empty if all is well. Lines as `crash-writer.ts` writes them. */
export interface Findings {
  /** Acknowledged, but not there. */
  lost: string[];
  /** People beyond a limit. */
  over: string[];
  /** One half of a change without the other. */
  halfWritten: string[];
  /** The file cannot be opened, or its structure or its audit's chain is broken. */
  damaged: string[];
  /** How long opening took, in milliseconds. */
  openMs: number;
}

type Row = Record<string, unknown>;
const STATES = { reserved: 0, consumed: 1, released: 2, unknown: 3 };

/** The link of an audit row, written down a second time so that a mistake in the store's own does not excuse itself. */
export function linkOf(prev: Uint8Array, row: Row): Buffer {
  const text = [row.seq, row.at, row.number_id, row.pair_id, row.event].map((value) => value ?? '').join('|');
  return createHash('sha256')
    .update(prev)
    .update(`${text}|`)
    .update(row.digest as Uint8Array)
    .digest();
}

/** What a row's detail is in the chain. */
export function digestOf(row: Row): Buffer {
  const key = (row.audit_key as Uint8Array | null) ?? new Uint8Array(16);
  return createHash('sha256')
    .update(key)
    .update(lengthen(String(row.detail)))
    .digest();
}

/** Opens a store as the product does, asks for the newest of what it acknowledged, closes it, and then reads the file without it. */
export function prove(path: string, acknowledged: readonly string[], newest = 100): Findings {
  const findings: Findings = { lost: [], over: [], halfWritten: [], damaged: [], openMs: 0 };
  try {
    throughTheStore(path, acknowledged.slice(-newest), findings);
    const db = new DatabaseSync(path);
    try {
      inTheFile(db, acknowledged, findings);
    } finally {
      db.close();
    }
  } catch (error) {
    findings.damaged.push(String(error));
  }
  return findings;
}

/** Whether there is anything to complain about. */
export function isWhole({ lost, over, halfWritten, damaged }: Findings): boolean {
  return lost.length + over.length + halfWritten.length + damaged.length === 0;
}

/**
 * Adds what is wrong with copies: one that was reported done holds everything that was acknowledged before it began.
 * @param from line of the first copy to look at
 */
export function proveBackups(folder: string, lines: readonly string[], findings: Findings, from = 0): void {
  const finished = new Map<string, string[]>();
  for (const [nr, line] of lines.entries()) {
    if (nr < from || !line.startsWith('phase backing up ')) continue;
    const path = line.slice('phase backing up '.length);
    const done = lines.indexOf(`backup ${path}`, nr);
    // The same name again: the older copy is being replaced, and until then it may be either.
    if (done >= 0) finished.set(path, lines.slice(0, nr));
    else finished.delete(path);
  }
  for (const [path, before] of finished) {
    const copy = prove(join(folder, basename(path)), before, 10);
    findings.lost.push(...copy.lost.map((line) => `backup: ${line}`));
    findings.damaged.push(...copy.damaged.map((line) => `backup: ${line}`));
    findings.halfWritten.push(...copy.halfWritten.map((line) => `backup: ${line}`));
  }
}

function throughTheStore(path: string, acknowledged: readonly string[], findings: Findings): void {
  const profile = findProfile(DEFAULT_PROFILE, {});
  if (profile === undefined) throw new Error('the default profile is missing');
  const started = performance.now();
  const store = new SqliteStore({
    path,
    profile,
    owner: 'proof',
    time: { wall: () => Date.now(), steady: () => performance.now() },
  });
  findings.openMs = performance.now() - started;
  try {
    const questions = acknowledged.map(questionAbout);
    const asked = questions.filter((question) => question !== undefined);
    const answers = store.run(asked.map(({ operation }) => operation));
    for (const [nr, question] of asked.entries()) {
      const answer = answers[nr];
      if (answer?.ok !== true || !question.holds(answer.value)) findings.lost.push(question.line);
    }
    const verdict = verdictOn(store);
    if (!verdict.ok) findings.damaged.push(`the audit: ${JSON.stringify(verdict)}`);
  } finally {
    store.close();
  }
}

/** What the store itself says about its audit, which it checks in parts. */
function verdictOn(store: SqliteStore): AuditVerdict {
  for (let args: unknown[] = []; ; ) {
    const [part] = store.run([{ name: 'verifyAudit', args }]);
    if (part?.ok !== true) throw part?.error;
    const { verdict, progress } = part.value as { verdict?: AuditVerdict; progress?: unknown };
    if (verdict !== undefined) return verdict;
    args = [progress];
  }
}

interface Question {
  line: string;
  operation: Operation;
  // biome-ignore lint/suspicious/noExplicitAny: each operation answers differently
  holds: (value: any) => boolean;
}

/** What the ledger must still say about a line; nothing for lines that only tell where the writer was. */
function questionAbout(line: string): Question | undefined {
  const [kind = '', id = ''] = line.split(' ');
  const ask = (name: Operation['name'], args: unknown[], holds: Question['holds']): Question => ({
    line,
    operation: { name, args },
    holds,
  });
  const reservation = ['reserved', 'placed', 'finished'].indexOf(kind);
  if (reservation >= 0) {
    return ask(
      'findCall',
      [{ reservationId: id }],
      (call) =>
        call !== undefined &&
        call.reservation !== 'reserved' &&
        (reservation < 1 || call.reservation === 'consumed') &&
        (reservation < 2 || call.outcome === 'failed'),
    );
  }
  if (kind === 'opt_out') return ask('status', [NUMBER.id, { phone: id }], (status) => status.ended === 'opt_out');
  if (kind === 'granted') return ask('status', [NUMBER.id, { phone: id }], (status) => status.status === 'granted');
  if (kind === 'hot') {
    const holds = ({ requestLimits }: { requestLimits: { used: number }[] }) => requestLimits[0]?.used === 1;
    return ask('explain', [NUMBER, { phone: id }], holds);
  }
  return undefined;
}

function inTheFile(db: DatabaseSync, acknowledged: readonly string[], findings: Findings): void {
  const all = (sql: string): Row[] => db.prepare(sql).all();
  for (const { integrity_check } of all('PRAGMA integrity_check')) {
    if (integrity_check !== 'ok') findings.damaged.push(String(integrity_check));
  }
  const calls = new Map(all('SELECT reservation_id, state, outcome FROM call').map((row) => [row.reservation_id, row]));
  const inbox = new Set(all('SELECT hex(key) AS key FROM heard').map(({ key }) => key));
  const people = new Map(all('SELECT phone, status, dnc_since, pair_id FROM pair').map((row) => [row.phone, row]));
  const asked = new Set(all('SELECT pair_id FROM request WHERE state <> 2').map(({ pair_id }) => pair_id));
  const kept: Record<string, (id: string) => boolean> = {
    event: (id) => inbox.has(Buffer.from(dedupeKey(id)).toString('hex').toUpperCase()),
    reserved: (id) => calls.has(id),
    placed: (id) => calls.get(id)?.state === STATES.consumed,
    finished: (id) => calls.get(id)?.outcome === 'failed',
    hot: (id) => asked.has(people.get(id)?.pair_id),
    opt_out: (id) => typeof people.get(id)?.dnc_since === 'number',
    granted: (id) => people.get(id)?.status === 'granted',
  };
  for (const line of acknowledged) {
    const [kind = '', id = ''] = line.split(' ');
    if (kept[kind]?.(id) === false) findings.lost.push(line);
  }
  // Nobody is asked more than once a day, or called twice at a time, and no story here is longer than a day.
  for (const { pair_id, n } of all(
    'SELECT pair_id, count(*) AS n FROM request WHERE state <> 2 GROUP BY pair_id HAVING n > 1',
  )) {
    findings.over.push(`pair ${pair_id} was asked ${n} times`);
  }
  for (const { pair_id, n } of all(
    'SELECT pair_id, count(*) AS n FROM call WHERE live = 1 GROUP BY pair_id HAVING n > 1',
  )) {
    findings.over.push(`pair ${pair_id} has ${n} calls at once`);
  }
  for (const { value } of strayNames(all)) findings.damaged.push(`nobody finds the pair of ${String(value)[0]}…`);
  halves(all, findings);
  chain(all, findings);
}

/** Names that would be left behind when their pair goes: said to stand in it, but not there. */
export function strayNames(all: (sql: string) => Row[]): Row[] {
  return all(`SELECT a.value FROM alias a LEFT JOIN pair p ON p.pair_id = a.pair_id AND p.number_id = a.number_id
    WHERE p.pair_id IS NULL OR (a.extra = 0 AND coalesce(a.value <> 'p' || p.phone, 1)
      AND coalesce(a.value <> 'u' || p.user_id, 1) AND coalesce(a.value <> 'e' || p.parent_user_id, 1))`);
}

/** Every change is one transaction: each row with its line in the audit, none without. */
function halves(all: (sql: string) => Row[], findings: Findings): void {
  const count = (sql: string): number => Number(all(`SELECT count(*) AS n FROM ${sql}`)[0]?.n);
  const told = (event: string): number => count(`audit WHERE event IN ('${event}', '${shortEvent(event)}')`);
  const pairs: [string, number, number][] = [
    ['calls reserved', count('call'), told('call_reserved')],
    ['requests reserved', count('request'), told('request_reserved')],
    ['people on the do-not-call list', count('pair WHERE dnc_since IS NOT NULL'), told('do_not_call_listed')],
    ['grants', count('pair WHERE granted_at IS NOT NULL'), told('permission_granted')],
    ['calls over', count('call WHERE outcome IS NOT NULL'), told('call_finished')],
  ];
  for (const [what, rows, told] of pairs) {
    if (rows !== told) findings.halfWritten.push(`${what}: ${rows} in the table, ${told} in the audit`);
  }
}

function chain(all: (sql: string) => Row[], findings: Findings): void {
  let prev: Uint8Array = new Uint8Array(32);
  let seq = 0;
  for (const row of all('SELECT a.*, p.audit_key FROM audit a LEFT JOIN pair p USING (pair_id) ORDER BY seq')) {
    seq++;
    // Rows of the first format still have both; in others they are worked out.
    const { prev: before, digest } = row as { prev: Uint8Array; digest: Uint8Array };
    const whole = row.seq === seq && (before.length === 0 || Buffer.from(prev).equals(before));
    const event = longEvent(String(row.event));
    const link = linkOf(prev, { ...row, event, digest: digest.length > 0 ? digest : digestOf(row) });
    if (!whole || !link.equals(row.hash as Uint8Array)) {
      findings.damaged.push(`the audit's chain breaks at ${row.seq}`);
      return;
    }
    prev = row.hash as Uint8Array;
  }
}
