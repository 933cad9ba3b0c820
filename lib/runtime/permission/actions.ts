import type { Asking } from './asking.ts';
import type { Outcome } from './outcome.ts';
import { doNotCall, erase, lookup, refresh, release } from './person-actions.ts';
import type { Action } from './properties.ts';
import { importDoNotCall, list, statistics, verify } from './whole-actions.ts';

/** Actions with one answer. `export` has many: `export-action.ts`. */
export const ANSWERS: Record<Exclude<Action, 'export'>, (asking: Asking) => Promise<Outcome>> = {
  lookup,
  list,
  refresh,
  release,
  doNotCall,
  importDoNotCall,
  verify,
  erase,
  statistics,
};
