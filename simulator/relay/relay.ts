import { EventEmitter } from 'node:events';
import type { CreateRelay, Relay } from '../relay-contract.ts';
import { isKey } from './dialpad.ts';
import { Pacer } from './pacer.ts';
import { RelayedCall } from './relayed-call.ts';

/** Ended calls whose statistics and sound can still be asked for. */
const REMEMBERED_CALLS = 20;

/**
 * WhatsApp's media server, played on this machine. It answers the business as Meta does (ICE-lite, controlled, one SSRC) and carries Opus
 * untouched between the business and the person: a browser, or a voice that it makes itself. Everything runs on the caller's thread,
 * with one clock for all calls.
 *
 * Methods that name an unknown call throw an error that says so; `end` does nothing then. What an ended call heard and counted
 * can be asked for until twenty later ones have ended.
 */
export const createRelay: CreateRelay = async (): Promise<Relay> => {
  const live = new Map<string, { call: RelayedCall; stop: () => void }>();
  const ended = new Map<string, RelayedCall>();
  const events = new EventEmitter();
  const pacer = new Pacer();
  let closed = false;

  function open(callId: string): RelayedCall {
    const known = live.get(callId)?.call;
    if (known) return known;
    if (closed) throw new Error('The media relay is closed.');
    if (ended.has(callId)) throw new Error(`Call ${callId} has ended in the media relay.`);
    const call = new RelayedCall((event, detail) => events.emit(event, callId, detail));
    live.set(callId, { call, stop: pacer.add((tick) => call.tick(tick)) });
    return call;
  }

  function find(callId: string, alsoEnded = false): RelayedCall {
    const call = live.get(callId)?.call ?? (alsoEnded ? ended.get(callId) : undefined);
    if (!call) throw new Error(`The media relay has no call ${callId}: the business leg has to be answered first.`);
    return call;
  }

  async function end(callId: string): Promise<void> {
    const entry = live.get(callId);
    if (!entry) return;
    live.delete(callId);
    entry.stop();
    ended.set(callId, entry.call);
    for (const oldest of ended.keys()) {
      if (ended.size <= REMEMBERED_CALLS) break;
      ended.delete(oldest);
    }
    await entry.call.end();
  }

  return {
    async answerBusiness(callId, offer, options) {
      const isNew = !live.has(callId);
      try {
        return await open(callId).answerBusiness(offer, options?.setup ?? 'active');
      } catch (error) {
        if (isNew) await end(callId);
        throw error;
      }
    },
    async offerBusiness(callId) {
      const isNew = !live.has(callId);
      try {
        return await open(callId).offerBusiness();
      } catch (error) {
        if (isNew) await end(callId);
        throw error;
      }
    },
    takeAnswer: (callId, answer) => find(callId).takeAnswer(answer),
    answerPhone: async (callId, offer) => find(callId).answerPhone(offer),
    attachVoice: async (callId, voice) => find(callId).attachVoice(voice),
    pickUp: (callId) => find(callId).pickUp(),
    sendDigit(callId, digit) {
      if (!isKey(digit)) throw new Error(`"${digit}" is not on a dialpad: use one of 0-9, * and #.`);
      find(callId).sendDigit(digit);
    },
    statistics: async (callId) => find(callId, true).statistics(),
    heard: async (callId) => find(callId, true).heard(),
    end,
    on: (event, listener) => void events.on(event, listener),
    async close() {
      closed = true;
      await Promise.all([...live.keys()].map(end));
    },
  };
};
