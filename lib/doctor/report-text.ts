import type { Finding, Level } from './finding.ts';

const MARKS: Record<Level, string> = { fail: '✖', warn: '!', unknown: '?', ok: '✔' };

/** Findings as lines for people: what is wrong with why and what to do, the rest in a line each. */
export function reportText(findings: readonly Finding[]): string {
  return findings
    .map(({ level, what, why, next }) =>
      level === 'ok'
        ? `${MARKS.ok} ${what}`
        : [`${MARKS[level]} ${what}`, `  ${why}`, ...(next ? [`  → ${next}`] : [])].join('\n'),
    )
    .join('\n');
}

/** One line: how many of what, and the worst by name. */
export function summary(findings: readonly Finding[]): string {
  const count = (level: Level): number => findings.filter((one) => one.level === level).length;
  const words = [
    plural(count('fail'), 'fault'),
    plural(count('warn'), 'warning'),
    ...(count('unknown') > 0 ? [`${count('unknown')} not looked at`] : []),
    `${count('ok')} right`,
  ];
  return words.join(', ');
}

function plural(count: number, word: string): string {
  return count === 1 ? `1 ${word}` : `${count === 0 ? 'no' : count} ${word}s`;
}
