import { z } from 'zod';

/**
 * How Meta's API can misbehave. `before` faults keep the request from having effect, `after` faults let it have its
 * effect and spoil the answer.
 */
export const graphFault = z.strictObject({
  /** error: Meta-shaped error; html: a proxy's page; reset: connection cut before anything happened (before). half: half an answer; lost: connection cut (after). slow: works, late. */
  kind: z.enum(['error', 'html', 'reset', 'half', 'lost', 'slow']),
  /** HTTP status of `error` and `html`. */
  status: z.number().int().min(400).max(599).default(500),
  /** Meta's code in `error`; by default one that goes with the status. */
  code: z.number().int().optional(),
  /** Real seconds of `slow`. */
  seconds: z.number().min(0).max(120).default(1),
  /** Only paths that end so: `calls`, `messages`, `call_permissions`, `settings`. */
  path: z.string().optional(),
  /** Only this `action` of `calls`: connect, terminate, … */
  action: z.string().optional(),
  /** How many requests it hits. */
  times: z.number().int().min(1).max(100_000).default(1),
});
export type GraphFault = z.infer<typeof graphFault>;

/** Meta's code that goes with an HTTP status. */
export function codeForStatus(status: number): number {
  if (status === 401) return 190;
  if (status === 403) return 10;
  if (status === 429) return 80007;
  return status >= 500 ? 1 : 100;
}
