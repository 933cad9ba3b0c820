import type { CallView } from '../call/call.ts';
import type { EventError } from '../provider/event.ts';
import { type Captures, ProviderError } from '../provider/provider.ts';
import { type Desk, inBackground } from './desk.ts';
import { listen } from './listen.ts';
import { type LiveCall, view } from './live-call.ts';
import { mediaFault } from './media-fault.ts';
import { told } from './patience.ts';
import { CallError } from './switchboard.ts';

/**
 * Takes a call to us in the name of a node. The first one gets it.
 * @returns the call once it is taken, or over: how it ended is told as *ended*
 * @throws CallError `call_unknown`, `call_ended`, `call_taken`, `call_failed` (it is a call of ours)
 */
export async function acceptCall(
  desk: Desk,
  id: string,
  by: { nodeId: string; data?: unknown; maxSeconds?: number },
): Promise<CallView> {
  const call = findIncoming(desk, id, by.nodeId);
  const { nodeId, data, maxSeconds } = by;
  if (call.origin === undefined) {
    call.origin = { nodeId, ...(data === undefined ? {} : { data }) };
    call.maxMs = (maxSeconds ?? planOf(call, nodeId)?.maxSeconds ?? 0) * 1000;
    desk.apply(call, { kind: 'accept' });
  }
  await Promise.race([call.taken, call.over]);
  return view(call);
}

/** A call to us that this node may decide about. @throws CallError */
export function findIncoming(desk: Desk, id: string, nodeId: string): LiveCall {
  const call = desk.registry.find(id);
  if (call === undefined)
    throw new CallError(
      'call_unknown',
      'There is no such call.',
      'Pass msg.call on from the output "ringing" of an answer node.',
    );
  if (call.state.direction !== 'inbound')
    throw new CallError('call_failed', 'This call was placed by us; the person answers it.', 'Do not answer it.');
  const taker = call.origin?.nodeId;
  if (taker !== undefined && taker !== nodeId)
    throw new CallError('call_taken', 'Another flow has answered this call.', 'Leave it to that flow.');
  if (call.state.name === 'ended' || call.state.name === 'ending')
    throw new CallError('call_ended', 'The call is over: it was not answered in time, or was refused.', 'Call back.');
  return call;
}

export function planOf({ incoming }: LiveCall, nodeId: string) {
  return incoming?.offered.find(({ owner }) => owner === nodeId)?.plan;
}

/** Connects the sound while it rings (`pre_accept`). Without it the call can be taken all the same. */
export function prepareAnswer(desk: Desk, call: LiveCall): void {
  const work = describe(desk, call).then(
    async (answer) => {
      await preAccept(desk, call, answer);
      desk.apply(call, { kind: 'prepared' });
    },
    (error: unknown) => desk.apply(call, { kind: 'media_lost', error: mediaFault(error) }),
  );
  inBackground(desk, `Preparing call ${call.id}`, work);
}

async function preAccept(desk: Desk, call: LiveCall, answer: string): Promise<void> {
  if (call.state.name !== 'incoming') return;
  try {
    await desk.deps.provider.answerCall(callIdOf(call), answer, { preAccept: true });
  } catch (error) {
    desk.deps.log('warn', `Call ${call.id} could not be prepared while it rings: ${told(error)}`);
  }
}

/**
 * Sends accept, with the very description that `pre_accept` had. After a reply that never came it is asked once more: that
 * cannot ring anybody, and "in progress" is then a yes.
 */
export async function sendAccept(desk: Desk, call: LiveCall, callId: string): Promise<void> {
  const fail = (error: unknown): void => {
    const over = error instanceof ProviderError && error.code === 'provider_call_over';
    desk.apply(call, { kind: 'accept_failed', error: faultOf(error), over });
  };
  let answer: string;
  try {
    answer = await describe(desk, call);
  } catch (error) {
    return desk.apply(call, { kind: 'accept_failed', error: mediaFault(error), over: false });
  }
  const captures = capturesOf(desk, call);
  for (let again = false; ; again = true) {
    if (call.state.name !== 'accepting') return;
    try {
      await desk.deps.provider.answerCall(callId, answer, { preAccept: false, correlationId: call.id, ...captures });
      // The provider tells the person as soon as they are connected.
      if (captures.captures !== undefined) call.announced = true;
      return desk.apply(call, { kind: 'accept_confirmed' });
    } catch (error) {
      const code = error instanceof ProviderError ? error.code : undefined;
      if (again && code === 'provider_call_in_progress') return desk.apply(call, { kind: 'accept_confirmed' });
      const unknown = !(error instanceof ProviderError) || error.outcome === 'unknown';
      if (again || !unknown) return fail(error);
      desk.deps.log('warn', `Whether call ${call.id} was taken is unknown, asking once more: ${told(error)}`);
    }
  }
}

/** What the provider shall keep of a call to us, as the node that took it has it. One that keeps nothing is not asked. */
function capturesOf({ deps }: Desk, call: LiveCall): { captures?: Captures } {
  const captures = call.origin === undefined ? undefined : planOf(call, call.origin.nodeId)?.captures;
  if (captures === undefined) return {};
  if (deps.provider.capabilities.captures === true) return { captures };
  deps.log('warn', `${deps.provider.name} does not record or transcribe calls; call ${call.id} is taken without.`);
  return {};
}

/** Our answer to the person's offer; made once, so that `pre_accept` and `accept` carry the same. */
function describe(desk: Desk, call: LiveCall): Promise<string> {
  call.answer ??= makeAnswer(desk, call);
  return call.answer;
}

async function makeAnswer(desk: Desk, call: LiveCall): Promise<string> {
  const { media, legOptions, provider } = desk.deps;
  if (media === undefined || provider.capabilities.media === 'none') return '';
  const leg = await media.createLeg(call.id, legOptions);
  call.leg = leg;
  listen(desk, call, leg);
  try {
    return await leg.answer(call.incoming?.offer ?? '');
  } finally {
    // A call that ended meanwhile does not close what came after its end.
    if (call.state.name === 'ended') await leg.close().catch(() => {});
  }
}

function faultOf(error: unknown): EventError {
  if (!(error instanceof ProviderError)) return mediaFault(error);
  const { providerCode, code, message, details, nextStep } = error;
  return { code: providerCode ?? code, message, details: details ?? nextStep };
}

function callIdOf({ state }: LiveCall): string {
  return ('heard' in state ? state.heard.callId : undefined) ?? '';
}
