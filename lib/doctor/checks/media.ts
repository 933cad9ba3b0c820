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
    const seen = await inspect();
    const known = seen.some(({ id }) => id === 'stun_works' || id === 'turn_works');
    const findings = seen.map(({ id, level, what, why, next }): Finding => {
      const name = `media_${id}`;
      if (level === 'info') return ok(name, what, why);
      // Most machines that are well have no public address of their own, and most routers let the sound through: without a
      // server that was asked, nobody can tell, so nobody is alarmed.
      if (id === 'own_candidates' && level === 'warning')
        return known ? ok(name, what, why) : unknown(name, what, why, next);
      return (level === 'fatal' ? fail : warn)(name, what, why, next);
    });
    return findings.some(({ level }) => level !== 'ok')
      ? findings
      : [ok('media', 'The sockets for the sound can be opened.', 'They were opened as for a call.'), ...findings];
  },
};
