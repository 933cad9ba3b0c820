import type { Finding } from '../../doctor/finding.ts';
import { reportText, summary } from '../../doctor/report-text.ts';
import type { Account } from '../account.ts';
import { ReportableError } from '../reportable-error.ts';

/** What the node tells of a check. */
export interface CheckOutcome {
  healthy: boolean;
  faults: number;
  warnings: number;
  answer: { payload: Finding[]; summary: string; text: string };
}

/**
 * Examines a number for a flow.
 *
 * @param from from which level on a finding is a problem
 * @param publicUrl webhook address as the world sees it; empty: as the provider tells
 * @throws ReportableError `public_url_invalid`, `check_impossible`
 */
export async function readCheck(account: Account, from: 'warn' | 'fail', publicUrl: string): Promise<CheckOutcome> {
  if (publicUrl !== '' && !(URL.canParse(publicUrl) && /^https?:$/.test(new URL(publicUrl).protocol)))
    throw new ReportableError(
      'public_url_invalid',
      'The public address is no web address. Give a whole one such as https://flows.example.com/whatsapp-calling, or nothing.',
    );
  if (account.check === undefined)
    throw new ReportableError('check_impossible', 'This number cannot be examined. Deploy again, then try once more.');
  const findings = await account.check(publicUrl === '' ? undefined : publicUrl);
  const count = (level: Finding['level']): number => findings.filter((one) => one.level === level).length;
  const [faults, warnings] = [count('fail'), count('warn')];
  const problems = findings.filter(({ level }) => level === 'fail' || (level === 'warn' && from === 'warn'));
  return {
    healthy: problems.length === 0,
    faults,
    warnings,
    answer: { payload: findings, summary: summary(findings), text: reportText(problems) },
  };
}
