import { randomInt } from 'node:crypto';
import { FRAME_TICKS, sequenceDistance, TICKS_PER_MS, timestampDistance } from './rtp-clock.ts';

/** Place of one packet in the stream we send. */
export interface Place {
  sequenceNumber: number;
  timestamp: number;
}

/** So long after its last packet a forwarded flow still counts as flowing. Opus sends nothing for 400 ms in silence (DTX). */
const FLOW_TIMEOUT_MS = 500;
/** A forwarded timestamp that is off by more than this is another stream, not a pause. */
const RESYNC_TICKS = 5000 * TICKS_PER_MS;
const RESYNC_PACKETS = 1000;

interface Flow {
  ssrc: number;
  /** Newest packet as it came in, and what it became. */
  fromSequence: number;
  fromTimestamp: number;
  toSequence: number;
  toTimestamp: number;
  /** Steps from the flow's first packet to its newest. */
  span: number;
  lastAt: number;
}

/**
 * The one stream of packets that a leg sends, whatever it carries: paced frames (silence, prompts) and packets forwarded from RTP take turns
 * in one SSRC, one sequence without holes of our making, one clock that never runs backwards. Forwarded packets keep their own gaps, so that
 * the phone conceals real losses and understands pauses.
 */
export class OutgoingStream {
  readonly ssrc = randomInt(1, 0xffff_ffff);
  packets = 0;
  octets = 0;
  #sequence = randomInt(0, 0x8000);
  #timestamp = randomInt(0, 0xffff_ffff);
  #originAt: number | undefined;
  #originTimestamp = 0;
  #lastAt = 0;
  #flow: Flow | undefined;

  /** Place of the frame of the beat that was meant for `at` (ms). */
  paced(at: number): Place {
    const timestamp = this.#later(at);
    this.#flow = undefined;
    return this.#take((this.#sequence + 1) & 0xffff, timestamp, at);
  }

  /** Is something being forwarded, so that no silence is needed? */
  flowing(at: number): boolean {
    return this.#flow !== undefined && at - this.#flow.lastAt < FLOW_TIMEOUT_MS;
  }

  /**
   * Place of a packet that is passed on, or nothing when it is older than the turn it belongs to. The caller drops duplicates first: two
   * packets under one number would be encrypted with one nonce.
   */
  forwarded(packet: { ssrc: number } & Place, at: number): Place | undefined {
    const flow = this.#continues(packet, at) ?? this.#begin(packet, at);
    const steps = sequenceDistance(packet.sequenceNumber, flow.fromSequence);
    const timestamp = (flow.toTimestamp + timestampDistance(packet.timestamp, flow.fromTimestamp)) >>> 0;
    const sequenceNumber = (flow.toSequence + steps) & 0xffff;
    flow.lastAt = at;
    if (steps < 0) return -steps > flow.span ? undefined : { sequenceNumber, timestamp };
    // Distances are taken from the newest packet, so that they stay small in calls longer than 2^15 packets.
    flow.fromSequence = packet.sequenceNumber;
    flow.fromTimestamp = packet.timestamp;
    flow.toSequence = sequenceNumber;
    flow.toTimestamp = timestamp;
    flow.span += steps;
    return this.#take(sequenceNumber, timestamp, at);
  }

  /** The stream's clock at a moment, for sender reports (RFC 3550 §6.4.1). */
  timestampAt(at: number): number {
    return (this.#timestamp + Math.round((at - this.#lastAt) * TICKS_PER_MS)) >>> 0;
  }

  #continues(packet: { ssrc: number } & Place, at: number): Flow | undefined {
    const flow = this.#flow;
    if (!flow || flow.ssrc !== packet.ssrc || !this.flowing(at)) return undefined;
    const steps = sequenceDistance(packet.sequenceNumber, flow.fromSequence);
    const ticks = timestampDistance(packet.timestamp, flow.fromTimestamp);
    return Math.abs(steps) > RESYNC_PACKETS || Math.abs(ticks) > RESYNC_TICKS ? undefined : flow;
  }

  #begin(packet: { ssrc: number } & Place, at: number): Flow {
    const flow = {
      ssrc: packet.ssrc,
      fromSequence: packet.sequenceNumber,
      fromTimestamp: packet.timestamp,
      toSequence: (this.#sequence + 1) & 0xffff,
      toTimestamp: this.#later(at),
      span: 0,
      lastAt: at,
    };
    this.#flow = flow;
    return flow;
  }

  /** The clock at `at`, but at least one frame after the last packet. */
  #later(at: number): number {
    if (this.#originAt === undefined) {
      this.#originAt = at;
      this.#originTimestamp = this.#timestamp;
      this.#timestamp = (this.#timestamp - FRAME_TICKS) >>> 0;
    }
    const byClock = (this.#originTimestamp + Math.round((at - this.#originAt) * TICKS_PER_MS)) >>> 0;
    const byOrder = (this.#timestamp + FRAME_TICKS) >>> 0;
    if (timestampDistance(byClock, byOrder) >= 0) return byClock;
    this.#originTimestamp = (this.#originTimestamp + timestampDistance(byOrder, byClock)) >>> 0;
    return byOrder;
  }

  #take(sequenceNumber: number, timestamp: number, at: number): Place {
    this.#sequence = sequenceNumber;
    this.#timestamp = timestamp;
    this.#lastAt = at;
    return { sequenceNumber, timestamp };
  }
}
