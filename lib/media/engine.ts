import { LegHandle } from './leg-handle.ts';
import { type Leg, type LegOptions, type MediaEngine, type MediaEngineName, MediaError } from './media.ts';
import { type MediaHost, startHost } from './media-host.ts';
import type { Command, FromWorker } from './worker-protocol.ts';

export interface MediaEngineOptions {
  /** Called with every worker (thread or process) that is started, for health monitors and tests (sudden death). */
  onWorker?(worker: MediaHost): void;
}

/** A worker that runs. */
interface Running {
  worker: MediaHost;
  requests: Map<number, PromiseWithResolvers<unknown>>;
}

function workerDied(cause: unknown): MediaError {
  const why = cause instanceof Error ? cause.message : `exit code ${String(cause)}`;
  return new MediaError(
    'media_worker_died',
    `The media worker stopped (${why}); its calls are over.`,
    'Place the call again: a new worker starts by itself. If it happens again, report this message.',
  );
}

/** The calls of one WebRTC library, in one worker. */
class OneEngine implements MediaEngine {
  readonly #library: MediaEngineName;
  readonly #options: MediaEngineOptions;
  readonly #legs = new Map<string, LegHandle>();
  readonly #crashListeners = new Set<(error: Error) => void>();
  #running: Promise<Running> | undefined;
  #current: Running | undefined;
  #nextRequest = 1;
  #closed = false;

  constructor(library: MediaEngineName, options: MediaEngineOptions) {
    this.#library = library;
    this.#options = options;
  }

  async createLeg(id: string, options: LegOptions): Promise<Leg> {
    if (this.#closed)
      throw new MediaError('media_not_connected', 'The media engine is closed.', 'Create a new engine.');
    let running: Running | undefined;
    const leg = new LegHandle(
      id,
      (command, transfer) =>
        running ? this.#ask(running, id, command, transfer) : Promise.reject(workerDied('not started')),
      (receipt) => running && this.#current === running && running.worker.postMessage(receipt),
      () => {
        if (this.#legs.get(id) === leg) this.#legs.delete(id);
        this.#holdProcess();
      },
    );
    this.#legs.set(id, leg);
    try {
      running = await this.#start();
      await this.#ask(running, id, { method: 'create', options });
      return leg;
    } catch (error) {
      if (this.#legs.get(id) === leg) this.#legs.delete(id);
      this.#holdProcess();
      throw error;
    }
  }

  has(id: string): boolean {
    return this.#legs.has(id);
  }

  legs(): number {
    return this.#legs.size;
  }

  onCrash(listener: (error: Error) => void): () => void {
    this.#crashListeners.add(listener);
    return () => void this.#crashListeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#legs.values()].map((leg) => leg.close()));
    const running = await this.#running?.catch(() => undefined);
    this.#running = undefined;
    this.#current = undefined;
    await running?.worker.terminate();
  }

  #start(): Promise<Running> {
    this.#running ??= this.#launch().catch((error: unknown) => {
      this.#running = undefined;
      throw error;
    });
    return this.#running;
  }

  async #launch(): Promise<Running> {
    const worker = await startHost(this.#library);
    const running: Running = { worker, requests: new Map() };
    worker.on('message', (message: FromWorker) => this.#receive(running, message));
    worker.on('error', (error) => this.#lost(running, error));
    worker.on('exit', (code) => this.#lost(running, code));
    this.#current = running;
    this.#options.onWorker?.(worker);
    this.#holdProcess();
    return running;
  }

  #ask(running: Running, leg: string, command: Command, transfer: ArrayBuffer[] = []): Promise<unknown> {
    if (this.#current !== running) return Promise.reject(workerDied('it was replaced'));
    const request = this.#nextRequest++;
    const answer = Promise.withResolvers<unknown>();
    running.requests.set(request, answer);
    running.worker.postMessage({ request, leg, ...command }, transfer);
    this.#holdProcess();
    return answer.promise;
  }

  #receive(running: Running, message: FromWorker): void {
    if ('leg' in message) {
      this.#legs.get(message.leg)?.receive(message);
      return;
    }
    const answer = running.requests.get(message.request);
    running.requests.delete(message.request);
    if (message.type === 'reply') answer?.resolve(message.value);
    else answer?.reject(new MediaError(message.error.code, message.error.message, message.error.nextStep));
    this.#holdProcess();
  }

  #lost(running: Running, cause: unknown): void {
    if (this.#current !== running) return;
    this.#current = undefined;
    this.#running = undefined;
    const error = workerDied(cause);
    for (const answer of running.requests.values()) answer.reject(error);
    const legs = [...this.#legs.values()];
    this.#legs.clear();
    for (const leg of legs) leg.died(error);
    for (const listener of [...this.#crashListeners]) listener(error);
  }

  /** Open calls and open questions keep the process alive, an idle worker does not. */
  #holdProcess(): void {
    const { worker, requests } = this.#current ?? {};
    if (this.#legs.size > 0 || (requests?.size ?? 0) > 0) worker?.ref();
    else worker?.unref();
  }
}

/** One worker for each WebRTC library that is used; each starts with its first call. */
class Engine implements MediaEngine {
  readonly #engines: Record<MediaEngineName, OneEngine>;

  constructor(options: MediaEngineOptions) {
    this.#engines = {
      werift: new OneEngine('werift', options),
      'node-datachannel': new OneEngine('node-datachannel', options),
    };
  }

  async createLeg(id: string, options: LegOptions): Promise<Leg> {
    const engine = this.#engines[options.engine ?? 'werift'];
    if (!engine)
      throw new MediaError(
        'media_engine_missing',
        'There is no such media engine.',
        'Choose "werift" or "node-datachannel".',
      );
    if (this.#all.some((other) => other.has(id)))
      throw new MediaError('media_not_connected', 'There is a leg with this id already.', 'Use one id per leg.');
    return engine.createLeg(id, options);
  }

  legs(): number {
    return this.#all.reduce((sum, engine) => sum + engine.legs(), 0);
  }

  onCrash(listener: (error: Error) => void): () => void {
    const offs = this.#all.map((engine) => engine.onCrash(listener));
    return () => {
      for (const off of offs) off();
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((engine) => engine.close()));
  }

  get #all(): OneEngine[] {
    return Object.values(this.#engines);
  }
}

/** An engine of its own, with its own worker. Most callers want `sharedMediaEngine`. */
export function createMediaEngine(options: MediaEngineOptions = {}): MediaEngine {
  return new Engine(options);
}

const SHARED = Symbol.for('whatsapp-calling.media-engine');

/** The one engine of this process: one worker for all configurations, also when the module is loaded twice. Starts with the first leg. */
export function sharedMediaEngine(): MediaEngine {
  const place = globalThis as { [SHARED]?: MediaEngine };
  place[SHARED] ??= createMediaEngine();
  return place[SHARED];
}
