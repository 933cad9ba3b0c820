import { type Call, type CallOutcome, cancelTimers, newCall } from './call.ts';
import { FAILURES, type Failure, type FailureCode } from './call-failures.ts';
import { logText } from './call-log-text.ts';
import { type Script, type Step, steps, TIMES } from './call-script.ts';
import { GraphError } from './graph/errors.ts';
import { newCallId } from './ids.ts';
import { countConnected, countStarted, countUnanswered, forgetStarted, isUnanswered } from './pair-changes.ts';
import type { Person } from './people.ts';
import { automaticRevoke } from './permission-answers.ts';
import { plainSdp } from './plain-sdp.ts';
import { type CallFacts, callStatusValue, connectValue, terminateValue } from './webhook-payload.ts';
import { chat, limitsOf, pairWith, type World } from './world.ts';

const REMEMBERED = 1000;

/**
 * The calls of the business number: who rings, who talks, how each one ends, and what the business hears of it.
 * Every change of a call goes through here; a call ends exactly once.
 */
export class CallDesk {
  private readonly world: World;
  private readonly live = new Map<string, Call>();
  /** Ended calls, newest last. */
  readonly ended: Call[] = [];

  constructor(world: World) {
    this.world = world;
  }

  find(id: string): Call | undefined {
    return this.live.get(id) ?? this.ended.find((call) => call.id === id);
  }

  liveCalls(): Call[] {
    return [...this.live.values()];
  }

  liveWith(person: Person): Call | undefined {
    for (const call of this.live.values()) if (call.person.userId === person.userId) return call;
    return undefined;
  }

  /** The business calls. The rules have been asked already; from here on the pair is busy. */
  async place(person: Person, offer: string, opaque: string | undefined): Promise<Call> {
    const { world } = this;
    const script = this.scriptOf(person);
    const call = newCall(newCallId(), person, 'BUSINESS_INITIATED', world.clock.now(), script);
    if (opaque !== undefined) call.opaque = opaque;
    this.live.set(call.id, call);
    const { number } = world.state;
    countStarted(number, call.placedAt);
    let answer: string;
    try {
      answer = await this.answerTo(call, offer);
    } catch (error) {
      this.live.delete(call.id);
      forgetStarted(number, call.placedAt);
      if (call.media) void world.relay?.end(call.id).catch(world.problem);
      world.problem(error);
      throw new GraphError(138004, 'The relay could not use the offer. Check its candidates, fingerprint and codecs.');
    }
    for (const { at, step } of steps(script, world.ringSeconds))
      this.plan(call, step, at, () => this.take(call, step, answer));
    return call;
  }

  /**
   * A person calls the business.
   * @param join brings the person's sound to the relay, before the business hears of the call
   */
  async placeByPerson(person: Person, join: (call: Call) => Promise<void> = async () => {}): Promise<Call> {
    const { world } = this;
    const call = newCall(newCallId(), person, 'USER_INITIATED', world.clock.now(), { name: 'interactive' });
    call.state = 'ringing';
    call.rang = true;
    this.live.set(call.id, call);
    let sdp: string;
    try {
      sdp = await this.offerOf(call, join);
    } catch (error) {
      this.live.delete(call.id);
      if (call.media) void world.relay?.end(call.id).catch(world.problem);
      throw error;
    }
    // The person may have thought better of it meanwhile.
    if (!this.live.has(call.id)) return call;
    world.sender.emit('calls', 'connect', connectValue(this.facts(call), { sdp_type: 'offer', sdp }), call.id);
    this.plan(call, 'ring_timeout', world.ringSeconds, () => this.finish(call, 'no_answer'));
    world.hub.changed(person);
    return call;
  }

  private async offerOf(call: Call, join: (call: Call) => Promise<void>): Promise<string> {
    const { relay } = this.world;
    if (!relay) return plainSdp('offer');
    call.media = true;
    const sdp = await relay.offerBusiness(call.id);
    await join(call);
    return sdp;
  }

  /** The business tells where it takes the sound of a person's call. @throws GraphError 138008 */
  takeAnswer(call: Call, sdp: string): void {
    const { world } = this;
    if (!world.relay || !call.media || call.preAccepted !== undefined) return;
    try {
      world.relay.takeAnswer(call.id, sdp);
    } catch (error) {
      world.problem(error);
      throw new GraphError(138008, 'The relay could not use the answer. Check its candidates, fingerprint and codecs.');
    }
  }

  /** The person's browser has the call; what a script had planned no longer matters. */
  takenByPerson(call: Call): void {
    cancelTimers(call, 'ring_timeout');
    call.state = 'connecting';
    this.world.hub.changed(call.person);
  }

  /** Somebody picks up. For calls of the business ACCEPTED follows a moment later, as Meta's does. */
  pickUp(call: Call): void {
    const { world } = this;
    if (call.state === 'in_call' || call.state === 'ended') return;
    cancelTimers(call);
    call.state = 'in_call';
    call.pickedUpAt = world.clock.now();
    countConnected(pairWith(world, call.person), call.direction, call.pickedUpAt);
    if (call.media) world.relay?.pickUp(call.id);
    if (call.direction === 'BUSINESS_INITIATED') {
      call.accepted = () => {
        delete call.accepted;
        this.status(call, 'ACCEPTED');
      };
      this.plan(call, 'accepted', TIMES.acceptedAfterPickUp, () => call.accepted?.());
    }
    const deaf = call.script.name === 'no_media';
    if (deaf || (call.media && !call.heard))
      this.plan(call, 'no_media', TIMES.noMediaAtStart, () => this.fail(call, 138021));
    if (call.script.talkSeconds !== undefined)
      this.plan(call, 'talk', call.script.talkSeconds, () => this.finish(call, 'completed'));
    world.hub.changed(call.person);
  }

  decline(call: Call): void {
    if (call.state === 'in_call' || call.state === 'ended') return;
    if (call.direction === 'BUSINESS_INITIATED') this.status(call, 'REJECTED');
    this.finish(call, 'declined', TIMES.terminateAfter);
  }

  /** Either side ends the call; what that means depends on how far it had come. */
  hangUp(call: Call, by: 'business' | 'person'): void {
    if (call.state === 'in_call') this.finish(call, 'completed', by === 'business' ? TIMES.terminateAfter : 0);
    else if (by === 'business')
      this.finish(call, call.direction === 'USER_INITIATED' ? 'declined' : 'cancelled', TIMES.terminateAfter);
    else if (call.direction === 'USER_INITIATED') this.finish(call, 'cancelled');
    else this.decline(call);
  }

  fail(call: Call, code: FailureCode): void {
    this.finish(call, 'failed', 0, FAILURES[code]);
  }

  /** Takes up a call of an earlier run. */
  adopt(call: Call): void {
    this.live.set(call.id, call);
  }

  private scriptOf(person: Person): Script {
    const { hub, defaultScript } = this.world;
    if (person.script && person.scriptForced) return person.script;
    return hub.watches(person) ? { name: 'interactive' } : (person.script ?? defaultScript);
  }

  private async answerTo(call: Call, offer: string): Promise<string> {
    const { relay, faults, answerSetup } = this.world;
    const setup = faults.webhooks.answerSetup ?? answerSetup;
    if (!relay) return plainSdp('answer', setup);
    const answer = await relay.answerBusiness(call.id, offer, { setup });
    call.media = true;
    if (call.script.name === 'answers' || call.script.name === 'no_media')
      await relay.attachVoice(call.id, call.script.voice ?? { kind: 'tone' });
    return answer;
  }

  /** Plans a step of the call; a plan of the same name is replaced. The end of the call cancels it. */
  plan(call: Call, name: string, seconds: number, run: () => void): void {
    call.timers.get(name)?.cancel();
    call.timers.set(
      name,
      this.world.clock.after(seconds, () => {
        call.timers.delete(name);
        try {
          run();
        } catch (error) {
          this.world.problem(error);
        }
      }),
    );
  }

  private take(call: Call, step: Step, answer: string): void {
    if (call.state === 'ended') return;
    switch (step) {
      case 'connect':
        this.world.sender.emit(
          'calls',
          'connect',
          connectValue(this.facts(call), { sdp_type: 'answer', sdp: answer }),
          call.id,
        );
        return;
      case 'ringing':
        call.state = 'ringing';
        call.rang = true;
        this.status(call, 'RINGING');
        this.world.hub.changed(call.person);
        return;
      case 'pick_up':
        this.pickUp(call);
        return;
      case 'decline':
        this.decline(call);
        return;
      case 'ring_timeout':
        this.finish(call, 'no_answer');
        return;
      case 'client_failure':
        this.fail(call, call.script.failure ?? 138019);
    }
  }

  /** Ends the call, once. The business hears of it `delay` seconds later. */
  finish(call: Call, outcome: CallOutcome, delay = 0, failure?: Failure): void {
    const { world } = this;
    if (call.state === 'ended') return;
    const now = world.clock.now();
    call.state = 'ended';
    call.endedAt = now;
    call.outcome = outcome;
    cancelTimers(call);
    call.accepted?.();
    this.live.delete(call.id);
    this.ended.push(call);
    if (this.ended.length > REMEMBERED) this.ended.shift();
    if (call.media) void world.relay?.end(call.id).catch((error: unknown) => world.problem(error));

    const pair = pairWith(world, call.person);
    const unanswered = isUnanswered(
      { direction: call.direction, pickedUp: call.pickedUpAt !== undefined, outcome, rang: call.rang },
      world.cancelledCounts,
    );
    const consequence = unanswered ? countUnanswered(pair, limitsOf(world), now) : 'nothing';
    if (consequence === 'nudge')
      chat(world, call.person, {
        from: 'system',
        kind: 'permission_change',
        text: `You missed calls from ${world.businessName}. You can stop its calls in the business profile.`,
      });
    const text = logText(call, outcome, now);
    if (text !== undefined) chat(world, call.person, { from: 'system', kind: 'call_log', text });
    world.hub.changed(call.person);

    const tell = () => {
      const end = {
        endedAt: Math.floor(now / 1000),
        ...(call.pickedUpAt === undefined ? {} : { startedAt: Math.floor(call.pickedUpAt / 1000) }),
        ...(failure ? { failure } : {}),
      };
      world.sender.emit('calls', 'terminate', terminateValue(this.facts(call), end), call.id);
      world.captures.ended(call);
      if (consequence === 'revoked')
        world.clock.after(TIMES.automaticRevoke, () => automaticRevoke(world, call.person));
    };
    if (delay > 0) world.clock.after(delay, tell);
    else tell();
  }

  private status(call: Call, status: 'RINGING' | 'ACCEPTED' | 'REJECTED'): void {
    this.world.sender.emit('calls', status, callStatusValue(this.facts(call), status), call.id);
  }

  private facts(call: Call): CallFacts {
    return {
      id: call.id,
      person: call.person,
      businessNumber: this.world.state.number.businessNumber,
      direction: call.direction,
      timestamp: this.world.clock.seconds(),
      ...(call.opaque === undefined ? {} : { opaque: call.opaque }),
    };
  }
}
