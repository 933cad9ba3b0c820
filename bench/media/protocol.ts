/** What the benchmark's parent says to the process under test and to the far end, and what they answer. Over Node's own channel. */
export type ToSubject =
  | { do: 'offer'; call: number }
  | { do: 'connect'; call: number; answer: string; rtpPort: number }
  | { do: 'figures' }
  /** The main thread does nothing else for so long, so often. */
  | { do: 'block'; ms: number; everyMs: number }
  /** How late the main thread was: since the last question with `now`. */
  | { do: 'delay'; from: 'now' | 'before' };

/** What a subject has used so far: processor time, and memory now. */
export interface Figures {
  cpuUs: number;
  bytes: number;
}

/** Where its RTP side listens, and how long it took from the answer to connected. */
export interface Connected {
  port: number;
  ms: number;
}

export type ToFar =
  | { do: 'answer'; call: number; kind: Kind; offer: string }
  | { do: 'aim'; call: number; port: number }
  | { do: 'begin' }
  | { do: 'mark' }
  | { do: 'end' };

/** Ours on either library, both libraries by themselves, and what Node's UDP and crypto cost alone, or, when transcoded, libopus alone. */
export type Kind = 'ours' | 'ours, native' | 'werift' | 'node-datachannel' | 'floor' | 'codec';

/** What the RTP side speaks; the parent sets it for all its processes. */
export const CODEC = process.env.BENCH_CODEC === 'PCMU' ? 'PCMU' : 'opus';

export interface FarResult {
  sent: number;
  received: number;
  /** ms, person to RTP. */
  out: { p50: number; p99: number };
  /** ms, RTP to person. */
  in: { p50: number; p99: number };
  /** % of a core that the far end took, and how late it sent (p99, ms): near 100 % or some ms, it is the limit, and not the subject. */
  cpu: number;
  late: number;
}

type Handler<Command> = (command: Command) => unknown;

/** Answers each numbered command of the parent. */
export function serve<Command>(handler: Handler<Command>): void {
  process.on('message', async ({ number, command }: { number: number; command: Command }) => {
    process.send?.({ number, value: (await handler(command)) ?? null });
  });
  process.on('disconnect', () => process.exit());
}

export const PAYLOAD_TYPE = 111;
export const PAYLOAD_BYTES = 80;
/** 80 bytes are a 20 ms packet at 32 kbit/s. */
export const HEADER_BYTES = 12;
