import { type Mutant, noticedBy } from './mutant.ts';

const CALLBACKS = 'lib/ledger/operations/callbacks.ts';
const ENDS = 'lib/ledger/operations/callback-ends.ts';

/** Mistakes in who is called back, and in who has an incoming call. */
export const CALLBACKS_MUTANTS: readonly Mutant[] = [
  {
    name: 'a callback that somebody has is claimed by another',
    edits: [{ file: CALLBACKS, text: "if (stateOf(row, tx.now) !== 'open') continue;", replacement: '' }],
    test: noticedBy(
      'callbacks',
      'callback requests (sqlite) can be taken by name before they are due, but not from somebody who has them',
    ),
  },
  {
    name: 'an opt-out leaves the callbacks of the person on the list',
    edits: [
      {
        file: 'lib/ledger/operations/do-not-call.ts',
        text: 'cancelCallbacks(tx, pair);\n  const effect',
        replacement: 'const effect',
      },
    ],
    test: noticedBy(
      'callbacks',
      'callback requests (sqlite) are cancelled by an opt-out, and nobody who has opted out is claimed or added',
    ),
  },
  {
    name: 'a conversation that began before the wish fulfils it',
    edits: [{ file: ENDS, text: 'if (row.requestedAt > since) continue;', replacement: '' }],
    test: noticedBy(
      'callbacks',
      'callback requests (sqlite) stay open after calls that reached nobody, and after a conversation from before the wish',
    ),
  },
  {
    name: 'any conversation fulfils all that was planned with the person',
    edits: [
      { file: ENDS, text: "if (row.purpose !== undefined && row.state !== 'claimed') continue;", replacement: '' },
    ],
    test: noticedBy(
      'callbacks',
      'callback requests (sqlite) are done by a conversation, but a planned call only if somebody had claimed it',
    ),
  },
  {
    name: 'a planned call is claimed before it is due',
    edits: [
      {
        file: 'lib/ledger/sqlite/callback-table.ts',
        text: '(due_at IS NULL OR due_at <= ?) ORDER',
        replacement: '(due_at IS NULL OR due_at <= ? + 1) ORDER',
      },
    ],
    test: noticedBy(
      'callbacks',
      'callback requests (sqlite) are planned calls with a purpose: several of a person, each claimable exactly when it is due',
    ),
  },
  {
    name: 'a second wish takes the key of the first one away',
    edits: [
      {
        file: CALLBACKS,
        text: 'if (key !== undefined) tx.records.writeCallbackKey(number.numberId, key, open);',
        replacement: '',
      },
    ],
    test: noticedBy(
      'callbacks',
      'callback requests (sqlite) are one per person while one is open, and one per key for ever',
    ),
  },
  {
    name: 'an incoming call of a dead process is answered by the next one',
    edits: [
      {
        file: 'lib/ledger/operations/calls.ts',
        text: "if (call.owner !== '' && call.owner !== tx.owner) return undefined;",
        replacement: '',
      },
    ],
    test: noticedBy(
      'claim-call',
      'a call that the person makes (sqlite) that was claimed is for the next process to adopt and end, not to answer; one that was not, is not',
    ),
  },
];
