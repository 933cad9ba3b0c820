import type { CallView } from './call.ts';
import { answeredAt, endedBy } from './outcome.ts';
import { type CallState, type Ended, heardOf } from './state.ts';

/**
 * What flows may know of a call: plain data, without live objects. Times in ms since 1970 UTC.
 * The duration is the provider's; only if its terminate webhook never came, it is measured by our clock.
 */
export function viewOf(state: CallState): CallView {
  const { id, direction, contact, businessNumber, purpose, startedAt, media, name } = state;
  const { callId, ringingAt } = heardOf(state);
  const facts = {
    direction,
    media,
    heard: heardOf(state),
    ...(state.name === 'ended' && state.terminated ? { terminated: state.terminated } : {}),
  };
  const answered = answeredAt(facts);
  return {
    id,
    correlationId: id,
    ...(callId === undefined ? {} : { providerCallId: callId }),
    direction,
    // Whoever rings, it rings.
    state: name === 'incoming' ? 'ringing' : name,
    contact,
    businessNumber,
    purpose,
    startedAt,
    ...(ringingAt === undefined ? {} : { ringingAt }),
    ...(answered === undefined ? {} : { answeredAt: answered }),
    ...(state.name === 'ended' ? endOf(state, answered) : {}),
  };
}

function endOf(state: Ended, answered: number | undefined): Partial<CallView> {
  const { terminated } = state;
  const endedAt = terminated?.endedAt ?? terminated?.at ?? state.concludedAt;
  const measured =
    terminated === undefined && answered !== undefined
      ? Math.max(0, Math.round((endedAt - answered) / 1000))
      : undefined;
  const durationSeconds = terminated?.durationSeconds ?? measured;
  return {
    outcome: state.outcome,
    endedAt,
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    endedBy: endedBy(state),
    ...(state.errors.length === 0 ? {} : { errors: state.errors }),
  };
}
