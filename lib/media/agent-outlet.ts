import { agentAddress } from './agent-address.ts';
import { MediaError } from './media.ts';
import type { SpeechEvent } from './speech-options.ts';
import type { StreamOutlet, StreamSource } from './stream.ts';
import type { AgentOptions, StreamNews, StreamResult } from './stream-options.ts';

/** Of the protocol in docs/voice-agents.md. */
const VERSION = 1;
const ATTEMPT_MS = 5000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;
/** What waits in the socket beyond this is a connection that is as good as lost. */
const MOST_CONTROL_BYTES = 262_144;
const MOST_TEXT = 65_536;
/** Messages of an agent to the flow, per second. */
const MOST_MESSAGES = 50;
/** Close codes that mean no: going away for good, unacceptable data, policy (RFC 6455 §7.4.1), and those of applications. */
const REFUSALS = [1002, 1003, 1007, 1008, 1010];

/** undici's constructor takes headers (Node 22 and later), which its standard type does not tell. */
type Connect = new (url: string, init: { headers: Record<string, string> }) => WebSocket;

/**
 * A voice agent behind a WebSocket. Its absence costs sound, never the call: what it misses is dropped and counted, what it has said already is
 * said to its end.
 */
export class AgentOutlet implements StreamOutlet {
  reconnects = 0;
  readonly #options: AgentOptions;
  readonly #url: URL;
  readonly #source: StreamSource;
  readonly #tell: (news: StreamNews) => void;
  readonly #format: { sampleRate: number; chunkMs: number };
  readonly #mostBytes: number;
  readonly #streamId: string;
  readonly #opening = Promise.withResolvers<void>();
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #everOpen = false;
  #stands = false;
  #stoodAt = 0;
  #closed = false;
  #lostAt: number;
  #pauseMs = FIRST_PAUSE_MS;
  #droppedMs = 0;
  #messages = { second: 0, count: 0 };
  #changing = false;
  #speakRate: Promise<unknown> = Promise.resolve();

  /** @throws MediaError `media_address_refused` */
  constructor(
    options: AgentOptions,
    stream: { id: string; sampleRate: number; chunkMs: number; mostBehindMs: number },
    source: StreamSource,
    tell: (news: StreamNews) => void,
  ) {
    this.#options = options;
    this.#url = agentAddress(options);
    this.#source = source;
    this.#tell = tell;
    this.#streamId = stream.id;
    this.#format = { sampleRate: stream.sampleRate, chunkMs: stream.chunkMs };
    this.#mostBytes = (stream.sampleRate * 2 * stream.mostBehindMs) / 1000;
    this.#lostAt = performance.now();
    this.#opening.promise.catch(() => undefined);
  }

  open(): Promise<void> {
    this.#lostAt = performance.now();
    this.#connect();
    return this.#opening.promise;
  }

  chunk(pcm: Int16Array): number {
    const ms = (pcm.length * 1000) / this.#format.sampleRate;
    const socket = this.#socket;
    const bytes = pcm.byteLength;
    if (socket?.readyState !== WebSocket.OPEN || socket.bufferedAmount + bytes > this.#mostBytes) {
      this.#droppedMs += ms;
      return ms;
    }
    if (this.#droppedMs > 0) this.#send({ type: 'dropped', ms: this.#droppedMs });
    this.#droppedMs = 0;
    socket.send(pcm.buffer as ArrayBuffer);
    return 0;
  }

  tell(news: StreamNews): void {
    if (news.kind === 'mark') this.#send({ type: 'mark', name: news.name, played: news.played });
    if (news.kind === 'cleared') this.#send({ type: 'cleared', ms: news.ms, by: news.by });
    if (news.kind === 'refused') this.#send({ type: 'refused', ms: news.ms });
    this.#tell(news);
  }

  key(digit: string, durationMs: number): void {
    this.#send({ type: 'dtmf', digit, durationMs });
  }

  speech(event: SpeechEvent): void {
    this.#send({ type: 'speech', ...event });
  }

  close({ result, listenedMs, droppedMs, spokenMs, clearedMs, refusedMs }: StreamResult): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#opening.reject(
      new MediaError('media_not_connected', 'The stream is over.', 'Begin when the call is answered.'),
    );
    this.#send({ type: 'stop', reason: result, listenedMs, droppedMs, spokenMs, clearedMs, refusedMs });
    this.#drop(this.#socket);
  }

  #connect(): void {
    const Socket = WebSocket as unknown as Connect;
    const socket = new Socket(this.#url.href, { headers: this.#options.headers ?? {} });
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    // After one of these the socket is nobody's: what it says later is not heard.
    const mine = (act: () => void) => () => {
      if (this.#socket === socket) act();
    };
    socket.onopen = mine(() => this.#opened());
    socket.onmessage = (event: MessageEvent) => mine(() => this.#message(event.data))();
    socket.onerror = () => undefined;
    socket.onclose = ({ code }) => mine(() => this.#lost(code))();
    this.#timer = setTimeout(
      mine(() => {
        this.#drop(socket);
        this.#lost(1006);
      }),
      ATTEMPT_MS,
    );
  }

  #opened(): void {
    clearTimeout(this.#timer);
    this.#stands = true;
    this.#stoodAt = performance.now();
    if (this.#everOpen) this.reconnects += 1;
    this.#everOpen = true;
    this.#send({
      type: 'start',
      version: VERSION,
      streamId: this.#streamId,
      reconnects: this.reconnects,
      media: { encoding: 'pcm_s16le', channels: 1, ...this.#format },
      ...(this.#options.parameters && { parameters: this.#options.parameters }),
    });
    this.#tell({ kind: 'agent', state: 'connected' });
    this.#opening.resolve();
  }

  #lost(code: number): void {
    clearTimeout(this.#timer);
    const stood = this.#stands;
    this.#socket = undefined;
    this.#stands = false;
    if (this.#closed) return;
    if (stood) {
      if (code === 1000) {
        this.#source.end('agent_stopped');
        return;
      }
      this.#tell({ kind: 'agent', state: 'lost' });
      this.#lostAt = performance.now();
      // An agent that takes calls and drops them at once is not asked faster and faster.
      if (this.#lostAt - this.#stoodAt > LONGEST_PAUSE_MS) this.#pauseMs = FIRST_PAUSE_MS;
    }
    const { connectSeconds = 10, reconnectSeconds = 30 } = this.#options;
    const patience = (this.#everOpen ? reconnectSeconds : connectSeconds) * 1000;
    const refusal = REFUSALS.includes(code) || code >= 3000;
    if (refusal || performance.now() + this.#pauseMs - this.#lostAt > patience) {
      const error = new MediaError(
        'media_agent_unreachable',
        refusal
          ? `The agent at ${this.#url.host} closed the connection with code ${code}.`
          : `The agent at ${this.#url.host} ${this.#everOpen ? 'went away and did not come back' : 'does not answer as a WebSocket'}.`,
        'Check that it runs, and its address and token.',
      );
      this.#opening.reject(error);
      this.#source.fail(error);
      return;
    }
    // Spread, so that an agent that comes back is not met by all calls at once.
    this.#timer = setTimeout(() => this.#connect(), this.#pauseMs * (0.75 + Math.random() / 2));
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
  }

  #message(data: unknown): void {
    if (data instanceof ArrayBuffer) {
      // In order with a change of the rate that came before it.
      const bytes = new Uint8Array(data);
      if (this.#changing) void this.#speakRate.then(() => this.#source.write(bytes));
      else this.#source.write(bytes);
      return;
    }
    if (typeof data !== 'string' || data.length > MOST_TEXT) return;
    const message = readObject(data);
    if (!message) return;
    if (this.#changing) void this.#speakRate.then(() => this.#obey(message));
    else this.#obey(message);
  }

  #obey(message: Record<string, unknown>): void {
    switch (message.type) {
      case 'media':
        this.#changing = true;
        this.#speakRate = this.#source.setRate(Number(message.sampleRate)).then((done) => {
          this.#changing = false;
          if (!done)
            this.#send({ type: 'error', message: 'media: sampleRate must be 8000, 16000 or 24000, before sound' });
        });
        break;
      case 'mark':
        if (typeof message.name === 'string') this.#source.mark(message.name);
        break;
      case 'clear':
        this.#source.clear('agent');
        break;
      case 'stop':
        this.#source.end('agent_stopped');
        break;
      default:
        this.#forFlow(message);
    }
  }

  #forFlow(message: Record<string, unknown>): void {
    const second = Math.floor(performance.now() / 1000);
    if (this.#messages.second !== second) this.#messages = { second, count: 0 };
    this.#messages.count += 1;
    if (this.#messages.count <= MOST_MESSAGES) this.#tell({ kind: 'message', message });
  }

  #send(message: Record<string, unknown>): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > MOST_CONTROL_BYTES + this.#mostBytes) {
      this.#drop(socket);
      this.#lost(1006);
    } else socket.send(JSON.stringify(message));
  }

  #drop(socket: WebSocket | undefined): void {
    try {
      socket?.close(1000);
    } catch {
      // Not yet open: it ends by itself.
    }
  }
}

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
