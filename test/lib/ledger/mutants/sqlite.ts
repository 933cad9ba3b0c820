import { type Mutant, noticedBy } from './mutant.ts';

const DATABASE = 'lib/ledger/sqlite/database.ts';
const STORE = 'lib/ledger/sqlite/store.ts';

/**
 * Mistakes in what only the file has. `BEGIN DEFERRED` instead of `BEGIN IMMEDIATE` is not among them: the lock of the one owner
 * is taken when the file is opened and never given back, so nobody is left whom the difference could let in, and no test can
 * tell. What it would do without that lock is the first mutant's.
 */
export const SQLITE_MUTANTS: readonly Mutant[] = [
  {
    name: 'no exclusive lock',
    edits: [{ file: DATABASE, text: "db.exec('PRAGMA locking_mode=EXCLUSIVE');", replacement: '' }],
    test: noticedBy(
      'faults',
      'a ledger in trouble says what to do a second owner is refused, the first one goes on, and a kill frees the file at once',
    ),
  },
  {
    name: 'commits are not flushed to the disk (NORMAL)',
    edits: [{ file: DATABASE, text: 'PRAGMA synchronous=FULL', replacement: 'PRAGMA synchronous=NORMAL' }],
    test: noticedBy(
      'power/power-cut',
      'a power cut at 60 moments of a store that is made, works, is checkpointed and closed loses nothing acknowledged',
    ),
  },
  {
    name: 'an operation is answered before its commit, and the disk is slow',
    edits: [
      {
        file: STORE,
        text: "this.#db.run('COMMIT');",
        replacement: `queueMicrotask(() => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
        this.#db.run('COMMIT');
      });`,
      },
    ],
    test: noticedBy(
      'faults',
      'a ledger in trouble says what to do when its worker dies, what was under way is rejected and the next operation finds everything',
    ),
  },
  {
    name: 'what an operation had written before it failed is not taken back',
    edits: [{ file: STORE, text: "this.#db.run('ROLLBACK TO operation');", replacement: '' }],
    test: noticedBy(
      'sqlite/store',
      'a batch of operations on one file takes back what an operation had written before it failed, and that alone',
    ),
  },
  {
    name: 'an operation that fails takes those of its commit with it',
    edits: [
      {
        file: STORE,
        text: 'return outcomes.every((outcome) => outcome.ok) ? outcomes : this.#attempt(steps, true);',
        replacement: 'return outcomes;',
      },
    ],
    test: noticedBy(
      'faults',
      'hostile input at the border of the ledger an operation that fails takes none with it that shares its commit',
    ),
  },
  {
    name: 'what is counted beside the file outlives a rollback',
    edits: [{ file: STORE, text: 'this.#loads.forget();', replacement: '' }],
    test: noticedBy(
      'faults',
      'hostile input at the border of the ledger an operation that fails takes none with it that shares its commit',
    ),
  },
  {
    name: 'the time is not written down',
    edits: [
      {
        file: STORE,
        text: 'if (this.#changed() && tx.now !== this.#lastPersisted) {',
        replacement: 'if (tx.now < 0) {',
      },
    ],
    test: noticedBy('clock', 'a ledger whose clock jumps (sqlite) does not forget limits when it restarts in the past'),
  },
  {
    name: 'a call of unknown fate is not among those that count',
    edits: [
      {
        file: 'lib/ledger/sqlite/call-window.ts',
        text: 'WHERE pair_id = ? AND (counts = 1 OR live = 1) AND (at > ? OR live = 1) ORDER BY at',
        replacement:
          'WHERE pair_id = ? AND (counts = 1 OR live = 1) AND (at > ? OR live = 1) AND state <> 3 ORDER BY at',
      },
    ],
    test: noticedBy(
      'leases',
      'reservations (sqlite) unknown counts and blocks, until a webhook names our correlation id',
    ),
  },
  {
    name: 'the audit can be changed',
    edits: [
      {
        file: 'lib/ledger/sqlite/schema.ts',
        text: 'BEFORE UPDATE ON audit\n  WHEN NOT EXISTS',
        replacement: 'BEFORE UPDATE ON audit\n  WHEN 0 AND NOT EXISTS',
      },
    ],
    test: noticedBy('audit', 'the audit cannot be changed or shortened'),
  },
  {
    name: 'an erased row keeps no digest, so its place in the chain cannot be checked any more',
    edits: [
      {
        file: 'lib/ledger/sqlite/audit-table.ts',
        text: '.run(digestOf(row), Number(row.seq));',
        replacement: '.run(NOTHING, Number(row.seq));',
      },
    ],
    test: noticedBy(
      'erase',
      'erasing a person (sqlite) leaves nothing that names them in the store, and a chain that holds',
    ),
  },
  {
    name: 'a name that is given up by its pair is not found by it any more',
    edits: [
      {
        file: 'lib/ledger/sqlite/pair-table.ts',
        text: '.run(...contactColumns(pair.contact), pair.pairId);\n  namesChanged(tx, pair.pairId, names);',
        replacement: '.run(...contactColumns(pair.contact), pair.pairId);',
      },
    ],
    test: noticedBy(
      'sqlite/alias-table',
      'the names of a pair in the file are all found, whichever of them stand in it: learned, given up, merged, erased, gone by retention',
    ),
  },
];
