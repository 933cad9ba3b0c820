import type { Check } from '../check.ts';
import { type Finding, fail, ok, unknown, warn } from '../finding.ts';

/** What the world sees of this machine's sound: sockets, port range, addresses, STUN and TURN servers. */
export const media: Check = {
  name: 'Media',
  async run({ media: inspect }) {
    if (inspect === undefined)
      return [
        unknown(
          'media_unseen',
          'The media set-up was not looked at.',
          'It belongs to the machine on which Node-RED runs.',
          'Run the check there.',
        ),
      ];
    const findings = (await inspect()).map(({ id, level, what, why, next }): Finding => {
      const name = `media_${id}`;
      if (level === 'info') return ok(name, what, why);
      return (level === 'fatal' ? fail : warn)(name, what, why, next);
    });
    return findings.some(({ level }) => level !== 'ok')
      ? findings
      : [ok('media', 'The sockets for the sound can be opened.', 'They were opened as for a call.'), ...findings];
  },
};
