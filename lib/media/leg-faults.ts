import { type LegState, MediaError } from './media.ts';

/** A task that comes too late. */
export function callIsOver(): MediaError {
  return new MediaError('media_not_connected', 'The call is over.', 'Begin while the call is going on.');
}

export function closedMeanwhile(): MediaError {
  return new MediaError('media_not_connected', 'The call ended before its media were set up.', 'Place it again.');
}

/** A step of the negotiation that does not fit the state. */
export function outOfTurn(is: LegState, wanted: LegState): MediaError {
  return new MediaError(
    'media_not_connected',
    `The media of this call are ${is}, not ${wanted}.`,
    'Negotiate each leg exactly once.',
  );
}
