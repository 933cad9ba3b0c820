import type { RtcpPacket, RtpPacket } from 'werift';
import type { RelayEvent, RelayStatistics, Setup, Voice } from '../relay-contract.ts';
import {
  metaAnswer,
  metaIceCredentials,
  metaOffer,
  OFFERED,
  payloadTypes,
  phoneAnswer,
  plainIceCredentials,
} from './answer.ts';
import { FRAME_TICKS } from './continuity.ts';
import { Dialpad } from './dialpad.ts';
import { Ear } from './ear.ts';
import { MediaTransport } from './media-transport.ts';
import { isLoopbackOnly, type Offer, readOffer } from './offer.ts';
import { type AudioPacket, OutgoingStream } from './outgoing-stream.ts';
import { Reception } from './reception.ts';
import { SilenceWatch } from './silence-watch.ts';
import { type Speech, speech } from './voice.ts';

/** Ticks between two RTCP reports: 5 s (RFC 3550 §6.2 minimum interval). */
const REPORT_TICKS = 250;

interface RelayLeg {
  transport: MediaTransport;
  out: OutgoingStream;
  reception: Reception;
  payloadTypes: { opus: number; event: number };
}

/** One call in the relay: the business on one side; a browser or a voice on the other. */
export class RelayedCall {
  #business: RelayLeg | undefined;
  #phone: RelayLeg | undefined;
  #speech: Speech | undefined;
  #ear: Ear | undefined;
  #pickedUp = false;
  /** The person called, and whether the business's answer has been taken. */
  #inbound = false;
  #answered = false;
  #fromBusiness = 0;
  #fromPhone = 0;
  #spoken = 0;
  #ended = false;
  readonly #dialpad = new Dialpad();
  readonly #silence = new SilenceWatch();
  readonly #emit: (event: RelayEvent, detail?: { seconds: number }) => void;

  constructor(emit: (event: RelayEvent, detail?: { seconds: number }) => void) {
    this.#emit = emit;
  }

  async answerBusiness(sdp: string, setup: Setup): Promise<string> {
    if (this.#business)
      throw new Error('The business leg of this call is answered already: a call is not renegotiated.');
    const offer = readOffer(sdp);
    const role = dtlsRole(offer, setup);
    const credentials = metaIceCredentials();
    const transport = await MediaTransport.open(credentials, { loopbackOnly: isLoopbackOnly(offer) });
    const leg = relayLeg(transport, offer);
    if (this.#ended || this.#business) {
      await transport.close();
      throw new Error('The call ended or was answered while its business leg was being answered.');
    }
    this.#business = leg;
    this.#listen(leg, offer, role.dtls);
    return metaAnswer(offer, { ...transport, ...credentials, setup: role.setup, ssrc: leg.out.ssrc });
  }

  /** The person calls: opens the business leg and describes it. It connects once the business's answer is taken. */
  async offerBusiness(): Promise<string> {
    if (this.#business) throw new Error('The business leg of this call is there already: a call is not renegotiated.');
    const credentials = metaIceCredentials();
    // The business talks to a simulator on this machine, so it is here as well.
    const transport = await MediaTransport.open(credentials, { loopbackOnly: true });
    if (this.#ended || this.#business) {
      await transport.close();
      throw new Error('The call ended while its business leg was being offered.');
    }
    this.#inbound = true;
    const out = new OutgoingStream(transport, payloadTypes(OFFERED));
    this.#business = { transport, out, reception: new Reception(), payloadTypes: payloadTypes(OFFERED) };
    return metaOffer({ ...transport, ...credentials, ssrc: out.ssrc });
  }

  takeAnswer(sdp: string): void {
    const leg = this.#business;
    if (!leg || !this.#inbound) throw new Error('Nothing was offered to the business in this call.');
    const answer = readOffer(sdp);
    if (this.#answered) return;
    this.#answered = true;
    leg.payloadTypes = payloadTypes(answer);
    // Whoever is told to wait waits: with `passive` in the answer neither side begins.
    if (answer.setup === 'passive') return;
    this.#listen(leg, answer, 'server');
  }

  async answerPhone(sdp: string): Promise<string> {
    const offer = readOffer(sdp);
    const role = dtlsRole(offer, 'passive');
    const credentials = plainIceCredentials();
    const transport = await MediaTransport.open(credentials, { loopbackOnly: isLoopbackOnly(offer) });
    if (this.#ended) {
      await transport.close();
      throw new Error('The call ended before the phone joined.');
    }
    const before = this.#phone;
    const leg = relayLeg(transport, offer);
    this.#phone = leg;
    this.#leaveVoice();
    await before?.transport.close();
    void transport.start(offer, role.dtls, {
      connected: () => this.#emit('phone-connected'),
      rtp: (packet) => this.#fromPhoneRtp(leg, packet),
      rtcp: (packet) => noteSenderReport(leg.reception, packet),
    });
    return phoneAnswer(offer, { ...transport, ...credentials, setup: role.setup, ssrc: leg.out.ssrc });
  }

  async attachVoice(voice: Voice): Promise<void> {
    const next = await speech(voice);
    if (this.#ended) return next.free();
    this.#leaveVoice();
    this.#spoken = 0;
    this.#speech = next;
    this.#ear ??= new Ear();
  }

  pickUp(): void {
    if (this.#pickedUp) return;
    this.#pickedUp = true;
    this.#silence.reset(performance.now());
  }

  sendDigit(digit: string): void {
    if (!this.#pickedUp) throw new Error('A digit can only be sent after picking up.');
    this.#dialpad.press(digit);
  }

  statistics(): RelayStatistics {
    return {
      fromBusiness: this.#fromBusiness,
      toBusiness: this.#business?.out.audioPackets ?? 0,
      fromPhone: this.#fromPhone,
      toPhone: (this.#phone?.out.audioPackets ?? 0) + (this.#ear?.packets ?? 0),
      businessConnected: this.#business?.transport.connected ?? false,
      phoneConnected: this.#phone?.transport.connected ?? false,
    };
  }

  async heard(): Promise<{ sampleRate: number; pcm: Int16Array }> {
    if (!this.#ear) throw new Error('Nobody listens for this call: what a person hears is only kept for voices.');
    return this.#ear.listen();
  }

  tick(tick: number): void {
    const now = performance.now();
    const business = this.#business;
    if (this.#pickedUp && business?.transport.connected) {
      this.#dialpad.tick(business.out, now);
      this.#speak(business, tick, now);
    }
    if (tick % REPORT_TICKS === 0) {
      business?.out.report(business.reception, now);
      this.#phone?.out.report(this.#phone.reception, now);
    }
    const seconds = this.#silence.due(now);
    if (seconds !== undefined) this.#emit('business-silent', { seconds });
  }

  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#leaveVoice();
    await Promise.all([this.#business?.transport.close(), this.#phone?.transport.close()]);
  }

  #listen(leg: RelayLeg, business: Offer, dtls: 'client' | 'server'): void {
    void leg.transport.start(business, dtls, {
      connected: () => this.#emit('business-connected'),
      rtp: (packet) => this.#fromBusinessRtp(leg, packet),
      rtcp: (packet) => {
        this.#silence.heard(performance.now());
        noteSenderReport(leg.reception, packet);
      },
    });
  }

  #leaveVoice(): void {
    this.#speech?.free();
    this.#speech = undefined;
  }

  /** The voice's next 20 ms. Its time is the pacer's, so that a stall of this process shows as a gap and not as a shift. */
  #speak(business: RelayLeg, tick: number, now: number): void {
    const payload = this.#speech?.next();
    if (!payload) return;
    this.#fromPhone += 1;
    this.#spoken += 1;
    this.#toBusiness(business, 'voice', now, {
      sequenceNumber: this.#spoken & 0xffff,
      timestamp: (tick * FRAME_TICKS) >>> 0,
      marker: this.#spoken === 1,
      payload,
    });
  }

  #toBusiness(business: RelayLeg, source: string, now: number, packet: AudioPacket): void {
    if (this.#dialpad.busy) business.out.leaveOut(source);
    else business.out.audio(source, packet, now);
  }

  #fromBusinessRtp(leg: RelayLeg, { header, payload }: RtpPacket): void {
    const now = performance.now();
    this.#silence.heard(now);
    leg.reception.receive(header.ssrc, header, now);
    // Digits from the business to the person are not documented by Meta (meta-cloud-api.md §9.6): not forwarded.
    if (header.payloadType !== leg.payloadTypes.opus) return;
    this.#fromBusiness += 1;
    // A real client takes it for the answer: its timer starts and words are lost (meta-cloud-api.md §1.3).
    if (this.#inbound && !this.#pickedUp && this.#fromBusiness === 1) this.#emit('business-early');
    if (this.#fromBusiness === 1) this.#emit('business-media');
    if (!this.#pickedUp) return;
    const packet = audioPacket(header, payload);
    const source = String(header.ssrc);
    if (this.#phone) this.#phone.out.audio(source, packet, now);
    else this.#ear?.hear(source, packet, now);
    if (this.#speech?.echo) {
      this.#fromPhone += 1;
      this.#toBusiness(leg, source, now, packet);
    }
  }

  #fromPhoneRtp(leg: RelayLeg, { header, payload }: RtpPacket): void {
    const now = performance.now();
    leg.reception.receive(header.ssrc, header, now);
    if (leg !== this.#phone) return;
    const business = this.#business;
    const source = String(header.ssrc);
    const packet = audioPacket(header, payload);
    if (header.payloadType === leg.payloadTypes.event) {
      if (this.#pickedUp) business?.out.event(source, packet, now);
      return;
    }
    if (header.payloadType !== leg.payloadTypes.opus) return;
    this.#fromPhone += 1;
    if (this.#pickedUp && business) this.#toBusiness(business, source, now, packet);
  }
}

function relayLeg(transport: MediaTransport, offer: Offer): RelayLeg {
  const types = payloadTypes(offer);
  return { transport, out: new OutgoingStream(transport, types), reception: new Reception(), payloadTypes: types };
}

function audioPacket(header: RtpPacket['header'], payload: Buffer): AudioPacket {
  const { sequenceNumber, timestamp, marker } = header;
  return { sequenceNumber, timestamp, marker, payload };
}

function noteSenderReport(reception: Reception, packet: RtcpPacket): void {
  if ('senderInfo' in packet) reception.senderReport(packet.senderInfo.ntpTimestamp, performance.now());
}

/**
 * Who starts DTLS. An offer that decided already leaves no choice. `actpass` in an answer is illegal but was seen; whoever sends it
 * waits, so its receiver has to treat it as `passive` (meta-cloud-api.md §9.2).
 */
function dtlsRole(offer: Offer, wanted: Setup): { setup: Setup; dtls: 'client' | 'server' } {
  if (offer.setup === 'active') return { setup: 'passive', dtls: 'server' };
  if (offer.setup === 'passive') return { setup: 'active', dtls: 'client' };
  return { setup: wanted, dtls: wanted === 'active' ? 'client' : 'server' };
}
