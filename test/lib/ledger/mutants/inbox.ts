import { type Mutant, noticedBy } from './mutant.ts';

const APPEND = 'lib/ledger/operations/append.ts';

/** Mistakes in how events are taken and how the audit is written, on both engines. */
export const INBOX_MUTANTS: readonly Mutant[] = [
  {
    name: 'the id of an event is looked for after its effects',
    edits: [
      {
        file: APPEND,
        text: 'if (tx.records.knowsEvent(key)) return { event, fresh: false, effects: [] };',
        replacement: '',
      },
      {
        file: APPEND,
        text: 'tx.records.insertEvent(key, event, effects);',
        replacement:
          'if (tx.records.knowsEvent(key)) return { event, fresh: false, effects: [] };\n  tx.records.insertEvent(key, event, effects);',
      },
    ],
    test: noticedBy(
      'opt-out',
      'opt-out in the ledger (sqlite) takes a message once: a repeated delivery after a release lists nobody again, another message does',
    ),
  },
  {
    name: 'the id of an event is not kept',
    edits: [{ file: APPEND, text: 'tx.records.insertEvent(key, event, effects);', replacement: '' }],
    test: noticedBy('append', 'append (sqlite) applies the same event once, also ten times in parallel'),
  },
  {
    name: 'what the provider sends again after seven days is taken for a replay',
    edits: [
      {
        file: 'lib/ledger/timings.ts',
        text: 'INBOX_KEEP_MS = 8 * 86_400_000',
        replacement: 'INBOX_KEEP_MS = 6 * 86_400_000',
      },
    ],
    test: noticedBy(
      'append',
      'append (sqlite) a store outage of 7 days loses nothing: what is sent again later is applied',
    ),
  },
  {
    name: 'a reply that comes late is applied over a newer one',
    edits: [
      {
        file: 'lib/permission/apply-reply.ts',
        text: 'permission.repliedAt !== undefined && at < permission.repliedAt',
        replacement: 'false',
      },
    ],
    test: noticedBy('append', 'append (sqlite) the newest reply holds, whichever comes last'),
  },
  {
    name: 'a row of the audit is not linked to the one before',
    edits: [
      {
        file: 'lib/ledger/operations/chain.ts',
        text: 'return sha256(\n    prev,',
        replacement: 'return sha256(\n    CHAIN_START,',
      },
    ],
    test: noticedBy(
      'audit',
      'the audit is a chain: every row names the hash of the one before, whatever was rolled back between',
    ),
  },
];
