import type { Call, CallOutcome } from './call.ts';

/** The line that the person's chat keeps of a call. */
export function logText(call: Call, outcome: CallOutcome, now: number): string | undefined {
  if (call.direction === 'BUSINESS_INITIATED' && !call.rang)
    return outcome === 'no_answer' ? 'Missed voice call' : undefined;
  if (call.pickedUpAt !== undefined) {
    const seconds = Math.floor((now - call.pickedUpAt) / 1000);
    return `Voice call, ${seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`}`;
  }
  if (outcome === 'declined')
    return call.direction === 'BUSINESS_INITIATED' ? 'Declined voice call' : 'Voice call not answered';
  if (outcome === 'failed') return 'Voice call failed';
  return call.direction === 'BUSINESS_INITIATED' ? 'Missed voice call' : 'Voice call not answered';
}
