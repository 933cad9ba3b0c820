/**
 * Length of a pulse in seconds. Meta bills calls that a business places in units of six seconds, rounded up (61 s are 11), and
 * calls that people place not at all. Source: Meta's calling pricing page, rate cards of 1 Oct 2026 (meta-cloud-api.md §11.4).
 */
export const PULSE_SECONDS = 6;

/**
 * How many pulses a call is billed for: every one that began.
 *
 * Meta does not say what becomes of a call that was answered and has a duration of 0; `shortest` decides: nothing is
 * billed, or the one pulse that began.
 *
 * @param call `durationSeconds` as the provider told it; absent if nobody picked up
 * @returns undefined if it is not known or does not apply: nobody picked up, or the person placed the call
 */
export function billedPulses(
  call: { direction: 'outbound' | 'inbound'; durationSeconds?: number },
  shortest: 'none' | 'one' = 'none',
): number | undefined {
  const { direction, durationSeconds } = call;
  if (direction === 'inbound' || durationSeconds === undefined) return undefined;
  const pulses = Math.ceil(durationSeconds / PULSE_SECONDS);
  return pulses === 0 && shortest === 'one' ? 1 : pulses;
}
