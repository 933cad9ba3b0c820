import type { Check } from './check.ts';
import { CHECKS } from './checks.ts';
import { createFacts } from './facts.ts';
import { type Finding, unknown, worstFirst } from './finding.ts';
import type { Subject } from './subject.ts';

/** A check that takes longer says so; people wait in front of a dialog. */
const LIMIT_MS = 25_000;

/**
 * Examines the set-up of a number: all checks at once, each with a limit of time. Reads only; the one thing that it sends is
 * a probe to our own webhook.
 *
 * @returns findings, worst first; never rejects
 */
export async function examine(
  subject: Subject,
  options: { checks?: readonly Check[]; limitMs?: number } = {},
): Promise<Finding[]> {
  const { checks = CHECKS, limitMs = LIMIT_MS } = options;
  const facts = createFacts(subject);
  const findings = await Promise.all(checks.map((check) => limited(check, check.run(subject, facts), limitMs)));
  return worstFirst(findings.flat());
}

async function limited({ name }: Check, running: Promise<Finding[]>, limitMs: number): Promise<Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding[]>((resolve) => {
    timer = setTimeout(() => {
      const id = `${name.toLowerCase().replace(/\W+/g, '_')}_late`;
      const why = `It took longer than ${Math.round(limitMs / 1000)} s.`;
      resolve([unknown(id, `${name}: there was no answer in time.`, why, 'Run the check again.')]);
    }, limitMs);
  });
  try {
    return await Promise.race([running, late]);
  } catch (error) {
    const id = `${name.toLowerCase().replace(/\W+/g, '_')}_broken`;
    const why = error instanceof Error ? error.message : 'Something unexpected happened.';
    return [unknown(id, `${name}: the check itself failed.`, why, 'Report this with the sentence above.')];
  } finally {
    clearTimeout(timer);
  }
}
