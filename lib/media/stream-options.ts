import type { Interruption } from './media.ts';

/** Hz of the samples of a stream: 16 bit, mono, little endian. Opus decodes to and encodes from each of them: nothing is resampled. */
export type StreamRate = 8000 | 16_000 | 24_000;

/** A voice agent at the other end of a WebSocket; the protocol is in docs/voice-agents.md. */
export interface AgentOptions {
  /** `wss:` or `ws:`. It may hold a secret: it is in no log, error or result, only its host is. */
  url: string;
  /** Sent when connecting, such as `Authorization`. Only to `wss:` and to this machine. */
  headers?: Record<string, string>;
  /** Hosts, addresses and networks that may be connected to; nothing else may then. */
  allowedDestinations?: string[];
  /** Handed to the agent with `start`. */
  parameters?: Record<string, unknown>;
  /** Seconds until the first connection must stand, 10 if left out. */
  connectSeconds?: number;
  /** For so many seconds a lost connection is tried again, 30 if left out; 0: not at all. */
  reconnectSeconds?: number;
}

export interface StreamOptions {
  /** Default 16000. */
  sampleRate?: StreamRate;
  /** Length of the chunks that come out, in ms: 20 to 200 in steps of 20, 100 if left out (20 with an agent). */
  chunkMs?: number;
  /** So much sound may wait for whoever takes it; then the oldest is dropped, and counted. ms, 2000 if left out. */
  mostBehindMs?: number;
  /** So much sound may wait to be said; more is refused, and told. ms, 60000 if left out. */
  mostQueuedMs?: number;
  /** What drops all that waits to be said (barge-in); nothing if left out. */
  interruptBy?: Interruption[];
  /** Connects to this agent, instead of handing the sound to the flow. */
  agent?: AgentOptions;
}

/** What comes out of a stream besides its end. */
export type StreamNews =
  /** Sound of the person. `timeMs`: its first sample, counted from the begin of the stream. A hole in the sequence has been dropped. */
  | { kind: 'chunk'; pcm: Uint8Array; sequence: number; timeMs: number; sampleRate: number }
  /** All that was written before this mark has been sent to the person; or, `played` false, has been cleared or refused. */
  | { kind: 'mark'; name: string; played: boolean }
  /** So much of what waited to be said was dropped unsaid. */
  | { kind: 'cleared'; ms: number; by: Interruption | 'agent' | 'flow' }
  /** So much was not taken, because too much was waiting: write slower. */
  | { kind: 'refused'; ms: number }
  | { kind: 'agent'; state: 'connected' | 'lost' }
  /** What the agent says to the flow. */
  | { kind: 'message'; message: Record<string, unknown> };

/** What a write did. `queuedMs`: all that waits to be said now. */
export interface Written {
  queuedMs: number;
  refusedMs: number;
}

export interface StreamStatistics {
  sampleRate: number;
  /** Sound of the person that was handed over, and that nobody took in time. */
  listenedMs: number;
  droppedMs: number;
  droppedChunks: number;
  /** Sound that was sent to the person, dropped unsaid by `clear` or barge-in, not taken, and waiting. */
  spokenMs: number;
  clearedMs: number;
  refusedMs: number;
  queuedMs: number;
  /** With an agent: how often the connection stood anew. */
  reconnects?: number;
}

export interface StreamResult extends StreamStatistics {
  /** `agent_stopped`: the agent said so, or closed the connection in order. */
  result: 'stopped' | 'call_ended' | 'agent_stopped';
}
