import { append, dispatched, undispatched } from './append.ts';
import { noteCallEnd, noteRecording, noteScore } from './call-notes.ts';
import { callRecords } from './call-record.ts';
import { addCallback, callbacks, claimCallback, finishCallback } from './callbacks.ts';
import { adopt, claimCall, endRequested, findCall, finishCall, liveCalls } from './calls.ts';
import { claimOptOutConfirmation, doNotCall, doNotCallList, importDoNotCall, stillAllowed } from './do-not-call.ts';
import { erase } from './erase.ts';
import { list } from './list.ts';
import { explain, reserveCall, reserveRequest } from './reserve.ts';
import { settle } from './settle.ts';
import { statistics } from './statistics.ts';
import { audit, correct, nextLapse, status, sweep } from './upkeep.ts';
import { verifyAudit } from './verify-audit.ts';

/**
 * Every operation of the ledger by name, as it runs inside a transaction of any engine: the one place where what a store
 * knows meets the rules.
 */
export const OPERATIONS = {
  reserveRequest,
  reserveCall,
  explain,
  settle,
  append,
  dispatched,
  undispatched,
  finishCall,
  endRequested,
  liveCalls,
  findCall,
  adopt,
  claimCall,
  callRecords,
  noteRecording,
  noteScore,
  noteCallEnd,
  addCallback,
  callbacks,
  claimCallback,
  finishCallback,
  status,
  correct,
  doNotCall,
  importDoNotCall,
  doNotCallList,
  stillAllowed,
  claimOptOutConfirmation,
  sweep,
  nextLapse,
  audit,
  verifyAudit,
  erase,
  list,
  statistics,
} as const;

export type OperationName = keyof typeof OPERATIONS;
