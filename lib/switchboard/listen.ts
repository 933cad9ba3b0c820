import type { Finding } from '../media/doctor/finding.ts';
import type { Leg, LegEvents } from '../media/media.ts';
import type { EventError } from '../provider/event.ts';
import { type Desk, tellCall } from './desk.ts';
import type { LiveCall } from './live-call.ts';
import { optOutByKey } from './opt-out.ts';

export const MEDIA_LOST: EventError = {
  code: 'media_lost',
  message: 'The audio connection was lost.',
  details: 'Check the network, and that the firewall keeps UDP open during a call.',
};

/** Gives what the leg tells to its call. */
export function listen(desk: Desk, call: LiveCall, leg: Leg): void {
  let lost: EventError = MEDIA_LOST;
  leg.on('state', (state) => {
    if (state === 'connected') desk.apply(call, { kind: 'media_connected' });
    if (state === 'failed' || state === 'closed') desk.apply(call, { kind: 'media_lost', error: lost });
  });
  leg.on('digit', ({ digit }) => {
    if (!call.told) tellCall(desk, call, { event: 'digit', digit });
    if (digit === desk.deps.optOut?.digit) optOutByKey(desk, call);
  });
  leg.on('bye', () => desk.apply(call, { kind: 'media_bye' }));
  leg.on('finding', (finding) => {
    if (finding.level === 'fatal') lost = faultOf(finding);
    else warnOnce(desk, call, finding);
  });
  leg.on('silence', (silence) => {
    if (silence.tooLong) desk.apply(call, { kind: 'media_lost', error: tooSilent(silence) });
    else warn(desk, call, silenceText(silence));
  });
  leg.on('sound', ({ seconds }) => warn(desk, call, `Sound of the person comes again after ${seconds} seconds.`));
  leg.on('statistics', (media) => {
    if (!call.told && isGoingOn(call)) tellCall(desk, call, { event: 'statistics', media });
  });
}

/** What the leg had to say before the call existed for anybody. */
export function tellFindings(desk: Desk, call: LiveCall): void {
  for (const text of call.untold.splice(0)) warn(desk, call, text);
}

/** What concerns our own machine rather than one call is said once, not with every call. */
function warnOnce(desk: Desk, call: LiveCall, finding: Finding): void {
  const text = `${finding.what} ${finding.why} ${finding.next}`;
  if (finding.level === 'info') return;
  if (finding.id.startsWith('own_')) {
    if (desk.findings.has(finding.id)) return;
    desk.findings.add(finding.id);
  }
  warn(desk, call, text);
}

function warn(desk: Desk, call: LiveCall, text: string): void {
  const { name } = call.state;
  if (name === 'reserved' || name === 'placing') call.untold.push(text);
  else if (!call.told && isGoingOn(call)) tellCall(desk, call, { event: 'warning', text });
}

function isGoingOn({ state }: LiveCall): boolean {
  return state.name !== 'ended';
}

function faultOf({ what, next }: Finding): EventError {
  return { code: MEDIA_LOST.code, message: what, details: next };
}

type Silence = LegEvents['silence'][0];

function silenceText({ seconds, reports }: Silence): string {
  const why = reports
    ? 'Reports still come, so the way is open: the phone sends nothing, for example on hold or muted.'
    : 'Not even reports come: the connection may be broken. It is given up 30 seconds after the last sign of life.';
  return `No sound has come from the person for ${seconds} seconds. ${why}`;
}

function tooSilent({ seconds }: Silence): EventError {
  return {
    code: 'media_silent',
    message: `No sound has come from the person for ${seconds} seconds.`,
    details: 'The number is set to end calls then ("End after silence").',
  };
}
