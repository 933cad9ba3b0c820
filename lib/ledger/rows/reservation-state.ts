import type { ReservationState } from '../../permission/model.ts';

const STATES: readonly ReservationState[] = ['reserved', 'consumed', 'released', 'unknown'];

/** States as the file keeps them: 0 reserved, 1 consumed, 2 released, 3 unknown. */
export const RESERVED = 0;
export const CONSUMED = 1;
export const RELEASED = 2;
export const UNKNOWN = 3;

export function stateName(state: unknown): ReservationState {
  // An unreadable state counts, as everything does that nobody can be sure of.
  return STATES[Number(state)] ?? 'unknown';
}

export function stateNumber(state: ReservationState): number {
  return STATES.indexOf(state);
}
