/** Codecs of the plain RTP side. G.711 always has 8000 Hz; L16 is 16-bit linear PCM in network byte order (RFC 3551 §4.5.11), mono. */
export type BridgeCodecName = 'opus' | 'PCMU' | 'PCMA' | 'L16';

/**
 * Where a bridge sends to. `fixed`: only to the remote that was given. `learned`: to whoever sends first. `fixed_then_learned`: to the remote
 * that was given until somebody sends, then to that sender (a PBX behind a NAT). Whoever was learned cannot be pushed out while it sends.
 */
export type BridgeLearning = 'fixed' | 'learned' | 'fixed_then_learned';

export interface BridgeOptions {
  /** Where to send RTP. Without it, the first valid packet's sender (`learned`). */
  remote?: { address: string; port: number };
  /** Local address and port (0: any even port). */
  local?: { address?: string; port?: number };
  /** Default opus, which is passed through without decoding; the others are transcoded. */
  codec?: BridgeCodecName;
  /** Hz, for L16: 8000 or 16000 (default). */
  sampleRate?: number;
  /** Payload type on the far side. Default 111 for Opus, 0 for PCMU, 8 for PCMA, 96 for L16. */
  payloadType?: number;
  /** Default `fixed` with a remote, `learned` without. */
  learning?: BridgeLearning;
  /** Key presses as telephone events (RFC 4733) of this payload type, both ways. Without it none are passed. */
  eventPayloadType?: number;
  /** RTCP on the RTP port (RFC 5761) instead of the port above. It is always taken on both. */
  rtcpMux?: boolean;
  /** Addresses and networks (`192.0.2.7`, `10.1.0.0/16`) that may be sent to; nothing else may then, given or learned. */
  allowedDestinations?: string[];
}

export interface BridgeInfo {
  local: { address: string; port: number };
  /** SDP that describes our side, for ffmpeg, GStreamer or a PBX. */
  sdp: string;
  /** With a fixed remote: SDP that ffmpeg or GStreamer open to receive from us (it names the remote's address and port). */
  receiverSdp?: string;
}

/** How a bridge is doing. */
export interface BridgeStatistics {
  codec: string;
  local?: { address: string; port: number };
  /** Where we send to. */
  remote?: { address: string; port: number };
  packetsToRtp: number;
  packetsFromRtp: number;
  droppedFromRtp: number;
  /** Packets of other senders than the one that is listened to; they are dropped. */
  strangers: number;
  /** Key presses passed on. */
  keysToRtp: number;
  keysFromRtp: number;
  /** From the far side, by sequence numbers. */
  lostFromRtp: number;
  jitterFromRtpMs: number;
  /** What the far side reports about ours (RTCP), if it does. */
  farSide?: { lost: number; fractionLost: number; jitterMs: number };
  roundTripMs?: number;
  /** Jitter buffers, where transcoded. */
  fromPerson?: BridgePlayout;
  fromRtp?: BridgePlayout;
}

/** What a jitter buffer did: packets too late, replaced by their copy (FEC), concealed, and its delay now. */
export interface BridgePlayout {
  late: number;
  recovered: number;
  concealed: number;
  delayMs: number;
}

export interface BridgeResult {
  packetsToRtp: number;
  packetsFromRtp: number;
  droppedFromRtp: number;
  result: 'stopped' | 'call_ended';
  /** The same and more, as it was at the end. */
  statistics: BridgeStatistics;
}
