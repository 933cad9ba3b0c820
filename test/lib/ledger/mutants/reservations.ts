import { type Mutant, noticedBy } from './mutant.ts';

const SETTLE = 'lib/ledger/operations/settle.ts';
const UPKEEP = 'lib/ledger/operations/upkeep.ts';

/** Mistakes in how reservations end and are counted, on both engines. */
export const RESERVATIONS_MUTANTS: readonly Mutant[] = [
  {
    name: 'a call whose lease ran out is released instead of unknown',
    edits: [
      {
        file: UPKEEP,
        text: "call.state = 'unknown';",
        replacement: "call.state = 'released';",
      },
    ],
    test: noticedBy('leases', 'reservations (sqlite) a lease that ran out becomes unknown, never released'),
  },
  {
    name: 'a request whose lease ran out is released instead of unknown',
    edits: [{ file: UPKEEP, text: "request.state = 'unknown';", replacement: "request.state = 'released';" }],
    test: noticedBy(
      'leases',
      'reservations of a process that died (sqlite) are unknown to the next one, which may adopt the calls and end them',
    ),
  },
  {
    name: 'a reservation that nobody knows the fate of does not count',
    edits: [
      {
        file: 'lib/permission/window.ts',
        text: "if (use.state === 'released') continue;",
        replacement: "if (use.state === 'released' || use.state === 'unknown') continue;",
      },
    ],
    test: noticedBy('leases', 'reservations (sqlite) an unknown request counts for its whole window'),
  },
  {
    name: 'a call of unknown fate is over once we have given it up ourselves',
    edits: [
      {
        file: 'lib/ledger/operations/call-derived.ts',
        text: "(call.facts.finished !== undefined && call.state !== 'unknown')",
        replacement: 'call.facts.finished !== undefined',
      },
    ],
    test: noticedBy(
      'leases',
      'reservations (sqlite) unknown goes on counting when we have concluded ourselves that it is over',
    ),
  },
  {
    name: 'a settlement is not final: a call that was placed can be released',
    edits: [
      {
        file: SETTLE,
        text: "return state === 'reserved' || (state === 'unknown' && next !== 'unknown');",
        replacement: 'return state !== next;',
      },
    ],
    test: noticedBy(
      'leases',
      'reservations (sqlite) a settlement is final, may be repeated, and a webhook outranks it',
    ),
  },
  {
    name: 'a connected call counts from its reservation, not from when it connected',
    edits: [
      {
        file: 'lib/ledger/operations/hear-call.ts',
        text: 'call.at = Math.max(call.reservedAt, Math.min(verdict.connectedAt, tx.now));',
        replacement: 'call.at = call.reservedAt;',
      },
    ],
    test: noticedBy(
      'scenarios',
      'the ledger in the acceptance scenarios (sqlite) R3: the sixth connected call in 24 h is blocked under a limit of 5, and allowed again exactly at 24 h',
    ),
  },
  {
    name: 'a request counts from its reservation, not from when it was sent',
    edits: [
      {
        file: SETTLE,
        text: "if (request.state === 'reserved') request.at = Math.max(request.at, tx.now);",
        replacement: '',
      },
    ],
    test: noticedBy(
      'leases',
      'reservations (sqlite) a request counts from when it was sent, a start of the number too, not from the reservation',
    ),
  },
  {
    name: 'a start of the number counts from its reservation, not from when it was sent',
    edits: [
      {
        file: SETTLE,
        text: "if (call.state === 'reserved') {\n    call.at = Math.max(call.at, tx.now);\n    call.startedAt = Math.max(call.startedAt, tx.now);",
        replacement: "if (call.state === 'reserved') {\n    call.at = Math.max(call.at, tx.now);",
      },
    ],
    test: noticedBy(
      'leases',
      'reservations (sqlite) a request counts from when it was sent, a start of the number too, not from the reservation',
    ),
  },
  {
    name: 'the skew at the edge of a window is dropped',
    edits: [
      {
        file: 'lib/permission/window.ts',
        text: 'use.at + rule.periodMs + skewMs > now',
        replacement: 'use.at + rule.periodMs > now',
      },
    ],
    test: noticedBy(
      'scenarios',
      'the ledger in the acceptance scenarios (sqlite) R2: a second request in 24 h and a third in 7 days are blocked, both free after a connected call',
    ),
  },
  {
    name: 'requests are not read up to the skewed edge of their longest window',
    edits: [
      {
        file: 'lib/ledger/operations/snapshot.ts',
        text: 'Math.min(tx.now - longest - tx.profile.skewMs, since)',
        replacement: 'Math.min(tx.now - longest, since)',
      },
    ],
    test: noticedBy(
      'operations/snapshot',
      'what is read for a decision (sqlite) reaches to the requests at the very edge of the longest window',
    ),
  },
  {
    name: 'calls are not read up to the skewed edge of their window',
    edits: [
      {
        file: 'lib/ledger/operations/snapshot.ts',
        text: 'const window = tx.now - tx.profile.connectedCalls.periodMs - tx.profile.skewMs;',
        replacement: 'const window = tx.now - tx.profile.connectedCalls.periodMs;',
      },
    ],
    test: noticedBy(
      'operations/snapshot',
      'what is read for a decision (sqlite) reaches to the connected calls at the very edge of their window',
    ),
  },
  {
    name: 'starts of the number are not read up to the skewed edge of their window',
    edits: [
      {
        file: 'lib/ledger/operations/snapshot.ts',
        text: 'tx.now - starts.periodMs - skewMs',
        replacement: 'tx.now - starts.periodMs',
      },
    ],
    test: noticedBy(
      'operations/snapshot',
      "what is read for a decision (sqlite) reaches to the business number's starts at the very edge of their window",
    ),
  },
];
