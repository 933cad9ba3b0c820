import { existsSync } from 'node:fs';
import type { Call } from './call.ts';
import { TIMES } from './call-script.ts';
import { countContact } from './pair-changes.ts';
import type { Person } from './people.ts';
import { callbackGrant } from './permission-answers.ts';
import type { Voice } from './relay-contract.ts';
import { SimulatorError } from './simulator-error.ts';
import { chat, pairWith, type World } from './world.ts';

/** What a person does with a phone in the hand; for the phone page and the control API alike. */

/**
 * The person's call, live and in one of these states.
 * @throws SimulatorError `call_unknown`, `call_state`
 */
export function callOf(world: World, person: Person, states: readonly Call['state'][], callId?: string): Call {
  const call = callId === undefined ? world.calls.liveWith(person) : world.calls.find(callId);
  if (!call || call.person.userId !== person.userId)
    throw new SimulatorError('call_unknown', 'This person has no such call.', 'Let the business call first.', 404);
  if (!states.includes(call.state))
    throw new SimulatorError(
      'call_state',
      call.state === 'ended'
        ? 'This call is over.'
        : `The call is ${call.state.replace('_', ' ')}; that is not possible now.`,
      call.state === 'placed' ? 'Wait until the phone rings.' : 'Look at the state of the call first.',
      409,
    );
  return call;
}

/** The same for calls of the business: nobody answers or declines a call of their own. */
export function incomingCallOf(world: World, person: Person, states: readonly Call['state'][], callId?: string): Call {
  const call = callOf(world, person, states, callId);
  if (call.direction === 'USER_INITIATED')
    throw new SimulatorError('call_state', 'The person placed this call.', 'Only the business can answer it.', 409);
  return call;
}

/** A call that the person placed, as long as it is not over: another window may carry its sound. */
export function ownCallOf(world: World, person: Person, callId?: string): Call {
  const call = callOf(world, person, ['ringing', 'in_call'], callId);
  if (call.direction === 'BUSINESS_INITIATED')
    throw new SimulatorError('call_state', 'The business placed this call.', 'Answer it instead.', 409);
  return call;
}

/** @throws SimulatorError `voice_file_missing` */
export function checkVoice(voice: Voice): void {
  if (voice.kind === 'wav' && !existsSync(voice.file))
    throw new SimulatorError(
      'voice_file_missing',
      'The WAV file of the voice does not exist.',
      'Give its whole path.',
      404,
    );
}

/** The browser of the person answers; returns the relay's session description for it. */
export async function answerWithBrowser(world: World, call: Call, offer: string): Promise<string> {
  if (!world.relay || !call.media) throw deaf();
  world.calls.takenByPerson(call);
  return joinWithBrowser(world, call, offer);
}

/** The sound of the person's browser comes to the relay, for a call of either direction. */
export async function joinWithBrowser(world: World, call: Call, offer: string): Promise<string> {
  if (!world.relay || !call.media) throw deaf();
  try {
    return await world.relay.answerPhone(call.id, offer);
  } catch (error) {
    world.problem(error);
    throw new SimulatorError(
      'offer_refused',
      'The relay could not use the offer of the browser.',
      'Offer audio with Opus, and wait for the candidates before sending.',
      422,
    );
  }
}

function deaf(): SimulatorError {
  return new SimulatorError(
    'no_media',
    'This simulator runs without media, so a browser cannot join the call.',
    'Start it with its relay, or use the call commands of the control API.',
    409,
  );
}

/** Answers without a browser: the person speaks with a made voice. */
export async function answerWithVoice(world: World, call: Call, voice: Voice): Promise<void> {
  checkVoice(voice);
  if (world.relay && call.media) await world.relay.attachVoice(call.id, voice);
  world.calls.pickUp(call);
}

/** The phone is put away and rings on, unseen, until the time is up. */
export function ignore(world: World, call: Call): void {
  call.ignored = true;
  world.hub.changed(call.person);
}

export function pressDigit(world: World, call: Call, digit: string): void {
  if (!world.relay || !call.media)
    throw new SimulatorError('no_media', 'This call carries no media.', 'Start the simulator with its relay.', 409);
  world.relay.sendDigit(call.id, digit);
}

/**
 * The person calls the business, with a browser or with a made voice.
 * @throws SimulatorError `call_busy`, `calling_disabled`, `offer_refused`, `no_media`, `voice_file_missing`
 */
export async function callBusiness(
  world: World,
  person: Person,
  sound: { offer: string } | { voice: Voice },
): Promise<{ call: Call; sdp?: string }> {
  if (world.calls.liveWith(person))
    throw new SimulatorError('call_busy', 'This person is in a call already.', 'Hang up first.', 409);
  if (world.state.number.calling.status !== 'ENABLED')
    throw new SimulatorError(
      'calling_disabled',
      'The business does not take calls.',
      'Enable calling in its settings.',
      409,
    );
  if ('voice' in sound) checkVoice(sound.voice);
  let sdp: string | undefined;
  const call = await world.calls.placeByPerson(person, async (placed) => {
    if ('voice' in sound) await world.relay?.attachVoice(placed.id, sound.voice);
    else sdp = await joinWithBrowser(world, placed, sound.offer);
  });
  countContact(pairWith(world, person), world.clock.now());
  chat(world, person, { from: 'system', kind: 'call_log', text: `You called ${world.businessName}` });
  if (world.state.number.calling.callback_permission_status === 'ENABLED')
    world.clock.after(TIMES.connect, () => callbackGrant(world, person, call.id));
  return { call, ...(sdp === undefined ? {} : { sdp }) };
}
