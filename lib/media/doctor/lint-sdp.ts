import type { Finding } from './finding.ts';
import { type Rule, SDP_RULES, type Ways } from './sdp-rules.ts';
import { type SdpRole, viewSdp } from './sdp-view.ts';

const LONGEST = 32_768;

/**
 * Examines an SDP offer or answer. Pure; never throws, and never quotes passwords or fingerprints.
 * @returns what was found, worst first; ids begin with `own_` or `their_`
 */
export function lintSdp(text: string, role: SdpRole, ways: Ways = {}): Finding[] {
  const who = role.from === 'us' ? 'own' : 'their';
  const unreadable = unreadableCause(text);
  if (unreadable) return [{ ...unreadable, id: `${who}_${unreadable.id}` }];
  const view = viewSdp(text, role);
  if (!view) return [{ ...NOT_SDP, id: `${who}_${NOT_SDP.id}` }];
  const rank = ['fatal', 'warning', 'info'];
  return Object.entries(SDP_RULES)
    .flatMap(([name, rule]: [string, Rule]): Finding[] => {
      const result = rule(view, ways);
      return result ? [{ id: `${who}_${name}`, ...result }] : [];
    })
    .sort((one, other) => rank.indexOf(one.level) - rank.indexOf(other.level));
}

const NOT_SDP: Finding = {
  id: 'not_sdp',
  level: 'fatal',
  what: 'It is no SDP.',
  why: 'A description begins with the line "v=0"; it is not JSON, not empty and not a link.',
  next: 'Hand on the value of the field "sdp" as it is.',
};

function unreadableCause(text: unknown): Finding | undefined {
  if (typeof text !== 'string' || text.trim() === '' || text.trimStart().startsWith('{')) return NOT_SDP;
  if (/^"|\\r|\\n|\\u000[aAdD]/.test(text.slice(0, LONGEST)))
    return {
      id: 'escaped_line_ends',
      level: 'fatal',
      what: 'Its line ends are escaped: the characters backslash and r or n instead of line breaks.',
      why: 'It was put into JSON twice, or taken out of it not at all.',
      next: 'Parse the JSON that carries it exactly once.',
    };
  if (text.length > LONGEST)
    return {
      id: 'too_large',
      level: 'fatal',
      what: `It has ${text.length} characters.`,
      why: `An audio call needs about 1,500; more than ${LONGEST} are not read.`,
      next: 'Restrict the call to one audio stream.',
    };
  return /^v=0\s*[\r\n]/.test(text.trimStart()) ? undefined : NOT_SDP;
}
