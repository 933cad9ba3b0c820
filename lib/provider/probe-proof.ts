/**
 * Header on which a probe of the set-up check with a signature that is broken on purpose has the right one: only who knows the app secret can make
 * it. It gives no rights; it only keeps the probe out of a count of strangers.
 */
export const PROBE_PROOF = 'x-whatsapp-calling-check';
