/**
 * The media relay as the rest of the simulator sees it: it stands where WhatsApp's relay stands, between the business's
 * WebRTC leg and the person's phone. Types only, so that rules and scripts can be tested with a relay that carries nothing.
 */

/** What a person without a browser says: a voice made by the relay, or a WAV file. */
export type Voice = { kind: 'silence' | 'tone' | 'echo' | 'none' } | { kind: 'wav'; file: string };

/** DTLS role in the answer to the business. Meta's samples say `active` (meta-cloud-api.md §9.2). */
export type Setup = 'active' | 'passive' | 'actpass';

export interface RelayStatistics {
  /** RTP packets of audio in each direction, counted at the relay. */
  fromBusiness: number;
  toBusiness: number;
  fromPhone: number;
  toPhone: number;
  businessConnected: boolean;
  phoneConnected: boolean;
}

/** `business-early`: a packet of sound came from the business before it had accepted. */
export type RelayEvent =
  | 'business-connected'
  | 'business-media'
  | 'business-early'
  | 'business-silent'
  | 'phone-connected';

export interface Relay {
  /** Takes the business's offer and returns the ICE-lite answer. */
  answerBusiness(callId: string, offer: string, options?: { setup?: Setup }): Promise<string>;
  /** A person calls the business: the ice-lite offer for it. */
  offerBusiness(callId: string): Promise<string>;
  /**
   * Takes the business's answer to that offer. `passive` in it stalls, as it does at Meta (meta-cloud-api.md §9.2).
   * @throws an error that says what is missing
   */
  takeAnswer(callId: string, answer: string): void;
  /** The browser of the person joins. */
  answerPhone(callId: string, offer: string): Promise<string>;
  /** A person without browser. */
  attachVoice(callId: string, voice: Voice): Promise<void>;
  /** From now on audio passes both ways. */
  pickUp(callId: string): void;
  /** A key on the person's dialpad, as RFC 4733 events towards the business. */
  sendDigit(callId: string, digit: string): void;
  statistics(callId: string): Promise<RelayStatistics>;
  /** What the person's ear got, for tests: only with voices, last 60 s. */
  heard(callId: string): Promise<{ sampleRate: number; pcm: Int16Array }>;
  end(callId: string): Promise<void>;
  /** `business-silent` carries for how long nothing came from the business. */
  on(event: RelayEvent, listener: (callId: string, detail?: { seconds: number }) => void): void;
  close(): Promise<void>;
}

/** Exported as `createRelay` by `simulator/relay/relay.ts`. */
export type CreateRelay = () => Promise<Relay>;
