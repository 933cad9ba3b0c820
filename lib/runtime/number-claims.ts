import { ReportableError } from './reportable-error.ts';

const claims = new Map<string, Map<string, string>>();

/**
 * Sees to it that a business number is configured in one way only. Two config nodes with the same settings share the
 * line; with different settings each would end the other's calls.
 *
 * @param fingerprint of the whole configuration
 * @param owner id of the config node
 * @returns gives the claim back
 * @throws ReportableError `number_configured_twice`
 */
export function claimNumber(numberId: string, fingerprint: string, owner: string): () => void {
  const holders = claims.get(numberId) ?? new Map<string, string>();
  const other = [...holders].find(([holder, theirs]) => holder !== owner && theirs !== fingerprint);
  if (other !== undefined) {
    throw new ReportableError(
      'number_configured_twice',
      'Another configuration uses the same number with different settings. Keep one of the two, and let all nodes use it.',
    );
  }
  holders.set(owner, fingerprint);
  claims.set(numberId, holders);
  return () => {
    if (holders.get(owner) === fingerprint) holders.delete(owner);
    if (holders.size === 0 && claims.get(numberId) === holders) claims.delete(numberId);
  };
}
