import { type Mutant, noticedBy } from './mutant.ts';

/** Mistakes in what becomes of a permission: opt-outs, grants, one person under two names, erasure. */
export const PEOPLE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a grant lifts an opt-out',
    edits: [
      {
        file: 'lib/permission/apply-reply.ts',
        text: 'settleSelfRevoke(next);\n  const kind = permission.kind;\n  if (state.doNotCall !== undefined) {',
        replacement:
          'settleSelfRevoke(next);\n  delete next.doNotCall;\n  const kind = permission.kind;\n  if (next.doNotCall !== undefined) {',
      },
    ],
    test: noticedBy(
      'opt-out',
      'opt-out in the ledger (sqlite) R7: revokes and lists in the transaction of the message, with audit; a later grant does not lift it, a release does',
    ),
  },
  {
    name: 'a grant that is younger by its time wins over an opt-out',
    edits: [
      {
        file: 'lib/ledger/operations/apply-event.ts',
        text: 'if (match === undefined) return [];',
        replacement: 'if (match === undefined || event.at < (pair.state.permission.grantedAt ?? 0)) return [];',
      },
    ],
    test: noticedBy(
      'opt-out',
      'opt-out in the ledger (sqlite) wins over a grant that is younger by its time, whichever comes first',
    ),
  },
  {
    name: 'an opt-out does not name the call that is ringing',
    edits: [
      {
        file: 'lib/ledger/operations/do-not-call.ts',
        text: 'calls: tx.records.liveCalls(pair.pairId),',
        replacement: 'calls: [],',
      },
    ],
    test: noticedBy(
      'opt-out',
      'opt-out in the ledger (sqlite) names the calls and requests that must not go on, and refuses those that have not left',
    ),
  },
  {
    name: 'an opt-out is lost when two names turn out to be one person',
    edits: [
      {
        file: 'lib/permission/apply.ts',
        text: 'merged.doNotCall = state.doNotCall;',
        replacement: 'if (newest.doNotCall !== undefined) merged.doNotCall = newest.doNotCall;',
      },
    ],
    test: noticedBy(
      'identity',
      'one person under several names (sqlite) keeps an opt-out by one name when merged with a younger permission by another',
    ),
  },
  {
    name: 'who was erased may be called again: the opt-out goes with the person',
    edits: [
      {
        file: 'lib/permission/apply-erasure.ts',
        text: 'left.doNotCall = { since, source: ERASED_SOURCE };',
        replacement: '',
      },
    ],
    test: noticedBy(
      'erase',
      'erasing a person (sqlite) an opt-out goes on under every name they had, without naming them, until it is released',
    ),
  },
  {
    name: 'who was erased may be called again: a grant from before, that comes late, counts',
    edits: [
      {
        file: 'lib/permission/apply-erasure.ts',
        text: "{ status: 'not_requested', repliedAt: later(state.permission.repliedAt, now) }",
        replacement: "{ status: 'not_requested' }",
      },
    ],
    test: noticedBy(
      'erase',
      'erasing a person (sqlite) a permission from before, of which nothing was heard until after, is none',
    ),
  },
  {
    name: 'who was erased may be asked again: the requests go with the person',
    edits: [
      {
        file: 'lib/ledger/operations/erase.ts',
        text: '    tx.records.forgetRequest({\n      ...request,',
        replacement:
          "    tx.records.writeRequest({ ...request, state: 'released' });\n    tx.records.forgetRequest({\n      ...request,",
      },
    ],
    test: noticedBy('erase', 'erasing a person (sqlite) nobody is asked or called more often for having been erased'),
  },
];
