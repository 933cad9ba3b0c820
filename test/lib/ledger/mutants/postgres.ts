// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is changed are sources, which hold templates

import { type Mutant, noticedBy } from './mutant.ts';

const BRING = 'lib/ledger/postgres/bring.ts';
const INSTANCES = 'lib/ledger/postgres/instances.ts';
const STORE = 'lib/ledger/postgres/store.ts';
const PAIR_LOCK = "ORDER BY pair_id ${locked ? 'FOR UPDATE' : ''})";
const NUMBER_LOCK = "ORDER BY number_id ${locked ? 'FOR UPDATE' : ''})";

const KEPT_IDS =
  'if (changes.newPairs.size > 0) this.#pairIds = this.#pairIds.filter((id) => !changes.newPairs.has(id));';

const MEANWHILE = 'what a decision on PostgreSQL rests on, while another transaction is open ';
const SEVERAL = 'several instances on one PostgreSQL store ';
const LOST = 'a PostgreSQL connection that is lost ';

/** Mistakes in what only PostgreSQL has: locks, the order of statements, several instances. */
export const POSTGRES_MUTANTS: readonly Mutant[] = [
  {
    name: 'the person is not locked',
    edits: [{ file: BRING, text: PAIR_LOCK, replacement: 'ORDER BY pair_id)' }],
    test: noticedBy(
      'postgres/bring',
      `${MEANWHILE}a request to a person whom it has locked is counted after it, not before`,
    ),
  },
  {
    name: 'requests are counted in the statement that locks (naive single statement)',
    edits: [
      { file: BRING, text: PAIR_LOCK, replacement: 'ORDER BY pair_id)' },
      {
        file: BRING,
        text: "list.push(['requests', requests(s, needs, profile, reach)]);",
        replacement: `const counted = requests(s, needs, profile, reach);
    counted.text = \`WITH held AS (SELECT pair_id FROM \${s}.pair WHERE pair_id = ANY(\${PAIRS}) FOR UPDATE)
      SELECT c.* FROM (SELECT count(*) FROM held) h, LATERAL (\${counted.text}) c\`;
    list.push(['requests', counted]);`,
      },
    ],
    test: noticedBy(
      'postgres/bring',
      `${MEANWHILE}a request to a person whom it has locked is counted after it, not before`,
    ),
  },
  {
    name: 'the business number is not locked',
    edits: [{ file: BRING, text: NUMBER_LOCK, replacement: 'ORDER BY number_id)' }],
    test: noticedBy(
      'postgres/bring',
      `${MEANWHILE}a call of the same business number to somebody else is counted after it, not before`,
    ),
  },
  {
    name: 'the load of the business number is read before it is locked',
    edits: [
      {
        file: BRING,
        text: "if (needs.loads.size > 0) list.push(['numberLock', numberLock(s, needs, locked)]);",
        replacement: `if (needs.loads.size > 0) {
    list.push(['numberLock', numberLock(s, needs, false)], ['starts', starts(s, reach)], ['live', live(s)]);
    list.push(['numberLock', numberLock(s, needs, locked)]);
  }`,
      },
      {
        file: BRING,
        text: "list.push(['starts', starts(s, reach)]);\n    list.push(['live', live(s)]);",
        replacement: '',
      },
    ],
    test: noticedBy(
      'postgres/bring',
      `${MEANWHILE}a call of the same business number to somebody else is counted after it, not before`,
    ),
  },
  {
    name: 'the time is that of the beginning of the transaction (now)',
    edits: [{ file: 'lib/ledger/postgres/migrate.ts', text: 'FROM clock_timestamp()', replacement: 'FROM now()' }],
    test: noticedBy(
      'postgres/bring',
      `${MEANWHILE}the time is that after the wait, so that no window begins before it`,
    ),
  },
  {
    name: 'the clock is read before the lock',
    edits: [
      {
        file: BRING,
        text: "['pairLock', pairLock(s, needs, locked)],",
        replacement: "['time', time(s)],\n    ['pairLock', pairLock(s, needs, locked)],",
      },
      { file: BRING, text: "list.push(['time', time(s)]);", replacement: '' },
    ],
    test: noticedBy(
      'postgres/bring',
      `${MEANWHILE}the time is that after the wait, so that no window begins before it`,
    ),
  },
  {
    name: 'what another instance has written down of the time is not looked at',
    edits: [{ file: STORE, text: 'this.#clock.notBefore(lastAt);', replacement: '' }],
    test: noticedBy('postgres/instances', `${SEVERAL}the time of one is not before what another has written down`),
  },
  {
    name: 'an operation is answered without waiting for its commit',
    edits: [
      {
        file: STORE,
        text: "...tell(schema, changes), { text: 'COMMIT' }]",
        replacement: '...tell(schema, changes)]',
      },
      {
        file: STORE,
        text: "if (answers.at(-1)?.command !== 'COMMIT') throw new Error('the transaction was rolled back');",
        replacement: "void link.exchange([{ text: 'COMMIT' }]).catch(() => undefined);",
      },
    ],
    test: noticedBy(
      'postgres/store',
      'a PostgreSQL ledger and the commit nothing is answered before it: what fails there was not reserved',
    ),
  },
  {
    name: 'a transaction goes on over a new connection, without its locks',
    edits: [
      {
        file: 'lib/ledger/postgres/link.ts',
        text: 'if (within !== undefined && known !== within) throw new TransactionLost();',
        replacement: '',
      },
      { file: STORE, text: 'if (within === undefined) throw new TransactionLost();', replacement: '' },
    ],
    test: noticedBy(
      'postgres/lost-connection',
      `${LOST}between the round trips of a transaction takes the locks along: the decision is made again`,
    ),
  },
  {
    name: 'the connection to what has become a standby is kept',
    edits: [
      {
        file: 'lib/ledger/postgres/link.ts',
        text: 'if (isReadOnly(failed.reason) && this.#client === client) this.drop();',
        replacement: '',
      },
    ],
    test: noticedBy(
      'postgres/server-faults',
      'a PostgreSQL server in trouble that has become a standby is left, and found again once it is the primary server',
    ),
  },
  {
    name: 'the schema is made on over a new connection, statement by statement',
    edits: [{ file: 'lib/ledger/postgres/migrate.ts', text: 'within = link.client;', replacement: '' }],
    test: noticedBy(
      'postgres/lost-connection',
      `${LOST}while a schema is made leaves nothing of it, and it can be made afterwards`,
    ),
  },
  {
    name: 'the place of a person whose commit was never answered is given to the next one',
    edits: [
      { file: STORE, text: KEPT_IDS, replacement: '' },
      {
        file: 'lib/ledger/postgres/write.ts',
        text: "'pair',\n      columns.filter((row) => changes.newPairs.has(row.pair_id)),",
        replacement: "'pair',\n      [],",
      },
      {
        file: 'lib/ledger/postgres/write.ts',
        text: 'columns.filter((row) => !changes.newPairs.has(row.pair_id)),',
        replacement: 'columns,',
      },
    ],
    test: noticedBy(
      'postgres/lost-connection',
      `${LOST}before a commit was answered costs nobody their place: the next person gets a new one`,
    ),
  },
  {
    name: 'after a commit that was never answered no new person can be stored',
    edits: [
      {
        file: STORE,
        text: KEPT_IDS,
        replacement: '',
      },
      {
        file: STORE,
        text: 'if (changes.fingerprintKey !== undefined) this.#fingerprintKey = changes.fingerprintKey;',
        replacement: KEPT_IDS,
      },
    ],
    test: noticedBy(
      'postgres/lost-connection',
      `${LOST}before a commit was answered costs nobody their place: the next person gets a new one`,
    ),
  },
  {
    name: 'a commit does not wait for the disk where that is what the user has set',
    edits: [{ file: BRING, text: "WHEN 'off' THEN 'on'", replacement: "WHEN 'off' THEN 'off'" }],
    test: noticedBy(
      'postgres/store',
      'a PostgreSQL ledger and the commit waits for the disk, also for a user whose commits do not',
    ),
  },
  {
    name: 'two instances take the same event: it is claimed without a lock',
    edits: [
      { file: INSTANCES, text: 'LIMIT ${MOST_TAKEN} FOR UPDATE SKIP LOCKED', replacement: 'LIMIT ${MOST_TAKEN}' },
    ],
    test: noticedBy('postgres/instances', `${SEVERAL}an event that another one is just taking is left to it`),
  },
  {
    name: 'an event is handed out while another living instance does so',
    edits: [
      {
        file: 'lib/ledger/postgres/inbox-sql.ts',
        text: "AND (i.taker = '' OR NOT ${isAlive(schema, 'i.taker', now)})",
        replacement: '',
      },
    ],
    test: noticedBy(
      'postgres/instances',
      `${SEVERAL}what is nobody's is handed out where it came in, and by another once that one is dead`,
    ),
  },
  {
    name: "an event goes to whoever asks, not to its call's holder",
    edits: [
      {
        file: 'lib/ledger/postgres/inbox-sql.ts',
        text: "(i.owner = '' OR i.owner = ${me} OR NOT ${isAlive(schema, 'i.owner', now)})",
        replacement: 'true',
      },
    ],
    test: noticedBy('postgres/instances', `${SEVERAL}an event of a call that another holds goes to its holder, once`),
  },
  {
    name: 'what is being handed out is forgotten with the worker that dies',
    edits: [{ file: 'lib/ledger/postgres/engine.ts', text: 'held: [...this.#held],', replacement: 'held: [],' }],
    test: noticedBy(
      'postgres/worker',
      'the worker of a PostgreSQL ledger dies before it could tell that an event is stored: only that one is handed out anew',
    ),
  },
  {
    name: "a living instance's call is adopted",
    edits: [
      {
        file: 'lib/ledger/operations/calls.ts',
        text: "if (call === undefined || call.owner === '' || tx.records.ownerLives(call.owner)) continue;",
        replacement: "if (call === undefined || call.owner === '' || call.owner === tx.owner) continue;",
      },
    ],
    test: noticedBy(
      'postgres/instances',
      `${SEVERAL}a living instance's calls are neither abandoned nor adopted; a dead one's by one of the others`,
    ),
  },
];
