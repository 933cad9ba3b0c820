import {
  type BridgeInfo,
  type BridgeOptions,
  type BridgeResult,
  type DigitNews,
  type DigitOptions,
  type DigitResult,
  type Interruption,
  type Leg,
  type LegEvents,
  type LegState,
  type LegStatistics,
  MediaError,
  type MediaTask,
  type PlayOptions,
  type PlayResult,
  type RecordOptions,
  type RecordResult,
  type RecordTask,
  type SpeechEvent,
  type SpeechOptions,
  type SpeechResult,
  type StreamNews,
  type StreamOptions,
  type StreamResult,
  type StreamTask,
  type TellingTask,
  type Written,
} from './media.ts';
import type { Command, FromWorker, Receipt } from './worker-protocol.ts';

type TaskMessage = Extract<FromWorker, { task: string }>;
type Ask = (command: Command, transfer?: ArrayBuffer[]) => Promise<unknown>;
type Listener = (...args: never[]) => void;

interface PendingTask {
  started: PromiseWithResolvers<unknown>;
  done: PromiseWithResolvers<unknown>;
  listener?: (news: never) => void;
  /** Chunks since the last receipt, and the first of them whose receipt is already on its way. */
  taken: number;
  receipt: boolean;
}

/** Main-thread side of one leg: every method is a message to the worker. */
export class LegHandle implements Leg {
  readonly id: string;
  readonly #ask: Ask;
  readonly #tell: (receipt: Receipt) => void;
  readonly #onClosed: () => void;
  readonly #listeners = new Map<keyof LegEvents, Set<Listener>>();
  readonly #tasks = new Map<string, PendingTask>();
  #state: LegState = 'new';
  #nextTask = 1;
  #closing: Promise<void> | undefined;

  /** @param tell for what needs no answer */
  constructor(id: string, ask: Ask, tell: (receipt: Receipt) => void, onClosed: () => void) {
    this.id = id;
    this.#ask = ask;
    this.#tell = tell;
    this.#onClosed = onClosed;
  }

  state(): LegState {
    return this.#state;
  }

  createOffer(): Promise<string> {
    return this.#ask({ method: 'createOffer' }) as Promise<string>;
  }

  async applyAnswer(sdp: string): Promise<void> {
    await this.#ask({ method: 'applyAnswer', sdp });
  }

  answer(offer: string): Promise<string> {
    return this.#ask({ method: 'answer', sdp: offer }) as Promise<string>;
  }

  accepted(): void {
    this.#ask({ method: 'accepted' }).catch(() => undefined);
  }

  play(options: PlayOptions): MediaTask<void, PlayResult> {
    return this.#start((task) => ({ method: 'play', task, options }));
  }

  record(options: RecordOptions): RecordTask {
    const task = this.#start<{ file: string }, RecordResult>((id) => ({ method: 'record', task: id, options }));
    const tell = async (method: 'pause' | 'resume') => {
      await this.#ask({ method, task: task.id });
    };
    return { ...task, pause: () => tell('pause'), resume: () => tell('resume') };
  }

  bridge(options: BridgeOptions): MediaTask<BridgeInfo, BridgeResult> {
    return this.#start((task) => ({ method: 'bridge', task, options }));
  }

  stream(options: StreamOptions): StreamTask {
    const task = this.#telling<StreamNews, StreamResult>((id) => ({ method: 'stream', task: id, options }));
    return {
      ...task,
      write: (pcm) => {
        // Copied: the flow's Buffer may be a piece of a larger one, or be used again.
        const copy = new Uint8Array(pcm);
        return this.#ask({ method: 'write', task: task.id, pcm: copy }, [copy.buffer]) as Promise<Written>;
      },
      mark: async (name) => {
        await this.#ask({ method: 'mark', task: task.id, name });
      },
      clear: () => this.#ask({ method: 'clear', task: task.id }) as Promise<{ clearedMs: number }>,
    };
  }

  digits(options: DigitOptions): TellingTask<DigitNews, DigitResult> {
    return this.#telling((task) => ({ method: 'digits', task, options }));
  }

  speech(options: SpeechOptions): TellingTask<SpeechEvent, SpeechResult> {
    return this.#telling((task) => ({ method: 'speech', task, options }));
  }

  interrupt(by: Interruption): void {
    this.#ask({ method: 'interrupt', by }).catch(() => undefined);
  }

  statistics(): Promise<LegStatistics> {
    return this.#ask({ method: 'statistics' }) as Promise<LegStatistics>;
  }

  on<E extends keyof LegEvents>(event: E, listener: (...args: LegEvents[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener as Listener));
    return () => void listeners.delete(listener as Listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#ask({ method: 'close' })
      // A worker that died has closed everything already.
      .catch(() => undefined)
      .then(() => {
        this.#setState('closed');
        this.#onClosed();
      });
    return this.#closing;
  }

  /** A message of the worker about this leg. */
  receive(message: Extract<FromWorker, { leg: string }>): void {
    if (message.type !== 'event') this.#taskMessage(message);
    else if (message.event === 'state') this.#setState(message.args[0] as LegState);
    else this.#emit(message.event, message.args);
  }

  /** The worker is gone: nothing of this leg will happen any more. */
  died(error: MediaError): void {
    for (const { started, done } of this.#tasks.values()) {
      started.reject(error);
      done.reject(error);
    }
    this.#tasks.clear();
    this.#setState('closed');
  }

  #telling<News, Result>(command: (task: string) => Command): TellingTask<News, Result> {
    const task = this.#start<void, Result>(command);
    const pending = this.#tasks.get(task.id);
    const listen = (listener: (news: News) => void): void => {
      if (pending) pending.listener = listener;
    };
    return { ...task, listen };
  }

  #start<Info, Result>(command: (task: string) => Command): MediaTask<Info, Result> {
    const id = `${this.id}/${this.#nextTask++}`;
    const task: PendingTask = {
      started: Promise.withResolvers(),
      done: Promise.withResolvers(),
      taken: 0,
      receipt: false,
    };
    // Nobody has to wait for both; a failure must not end the process.
    task.started.promise.catch(() => undefined);
    task.done.promise.catch(() => undefined);
    this.#tasks.set(id, task);
    this.#ask(command(id)).catch((error: unknown) => {
      this.#tasks.delete(id);
      task.started.reject(error);
      task.done.reject(error);
    });
    return {
      id,
      started: task.started.promise as Promise<Info>,
      done: task.done.promise as Promise<Result>,
      stop: async () => {
        await this.#ask({ method: 'stop', task: id }).catch(() => undefined);
      },
    };
  }

  #taskMessage(message: TaskMessage): void {
    const task = this.#tasks.get(message.task);
    if (!task) return;
    if (message.type === 'news') {
      this.#news(task, message);
      return;
    }
    if (message.type === 'started') {
      task.started.resolve(message.value);
      return;
    }
    this.#tasks.delete(message.task);
    if (message.type === 'done') {
      // Rejects only if it has not started before.
      task.started.reject(
        new MediaError('media_not_connected', 'It ended before it could begin.', 'Begin when the call is answered.'),
      );
      task.done.resolve(message.value);
    } else {
      const { code, message: text, nextStep, files } = message.error;
      const error = new MediaError(code, text, nextStep, files);
      task.started.reject(error);
      task.done.reject(error);
    }
  }

  #news(task: PendingTask, { task: id, news }: Extract<TaskMessage, { type: 'news' }>): void {
    try {
      task.listener?.(news as never);
    } catch {
      // A listener's fault is its own; the call goes on.
    }
    if ((news as { kind?: string }).kind !== 'chunk') return;
    task.taken += 1;
    if (task.receipt) return;
    // After what the flow does at once: a flow that takes long lets its receipt wait. One for all chunks of a turn.
    task.receipt = true;
    setImmediate(() => {
      this.#tell({ receipt: task.taken, leg: this.id, task: id });
      task.taken = 0;
      task.receipt = false;
    });
  }

  #setState(state: LegState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.#emit('state', [state]);
  }

  #emit(event: keyof LegEvents, args: unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        listener(...(args as never[]));
      } catch {
        // A listener's fault is its own; the call goes on.
      }
    }
  }
}
