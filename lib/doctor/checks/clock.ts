import type { Check } from '../check.ts';
import { fail, ok, unknown, warn } from '../finding.ts';

/** Rules count with a margin of a minute for the difference of clocks; beyond it their windows are wrong. */
const WRONG_MS = 60_000;
const OFF_MS = 10_000;

/** This machine's clock against the provider's, from the time stamp of its replies. */
export const clock: Check = {
  name: 'Clock',
  async run({ replies }, facts) {
    await Promise.all([facts.number(), facts.settings()]);
    const read = replies().flatMap(({ date, sentAt, receivedAt }) => {
      const theirs = date === undefined ? Number.NaN : Date.parse(date);
      // The stamp has whole seconds, and was made somewhere between question and answer.
      return Number.isFinite(theirs) ? [{ early: sentAt - theirs - 1000, late: receivedAt - theirs }] : [];
    });
    if (read.length === 0)
      return [
        unknown(
          'clock_unseen',
          'The clock could not be compared.',
          'No reply had a time stamp.',
          'Check that this machine gets its time from the network (NTP).',
        ),
      ];
    // The part of the difference that no delay explains, in the reply that says most.
    const off = Math.min(...read.map(({ early, late }) => (early > 0 ? early : late < 0 ? -late : 0)));
    const ahead = read.every(({ early }) => early > 0);
    const words = `The clock of this machine is ${Math.round(off / 1000).toLocaleString('en-US')} s ${ahead ? 'ahead' : 'behind'}.`;
    const next = 'Let the machine get its time from the network (NTP), then restart Node-RED.';
    if (off >= WRONG_MS)
      return [
        fail(
          'clock_wrong',
          words,
          'Permissions would end too early or too late, and limits would be counted wrongly.',
          next,
        ),
      ];
    if (off >= OFF_MS)
      return [warn('clock_off', words, 'The rules allow for a minute; beyond it they count wrongly.', next)];
    return [ok('clock', 'The clock is right.', 'It agrees with the time stamps of the provider’s replies.')];
  },
};
