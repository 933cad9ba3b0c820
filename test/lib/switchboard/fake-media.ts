import type {
  Leg,
  LegEvents,
  LegState,
  LegStatistics,
  MediaEngine,
  MediaTask,
  RecordTask,
} from '../../../lib/media/media.ts';
import { MediaError } from '../../../lib/media/media.ts';

type Listener = (...args: never[]) => void;

/** A leg without sound: it records what is done to it, and the test says when it connects or fails. */
export class FakeLeg implements Leg {
  readonly answers: string[] = [];
  readonly offers: string[] = [];
  onOffered: () => Promise<string> = async () => `v=0 answer of ${this.id}`;
  gateOpen = false;
  closed = 0;
  figures: LegStatistics = {
    ...{ packetsReceived: 0, packetsSent: 0, packetsLost: 0, duplicates: 0, jitterMs: 0 },
    codec: 'opus',
  };
  onOffer: () => Promise<string> = async () => 'v=0 offer';
  onAnswer: (sdp: string) => Promise<void> = async () => {};
  onClose: () => Promise<void> = async () => {};
  #state: LegState = 'new';
  readonly #listeners = new Map<keyof LegEvents, Set<Listener>>();
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
  become(state: LegState): void {
    this.#state = state;
    this.tell('state', state);
  }
  press(digit: string): void {
    this.tell('digit', { digit, durationMs: 100 });
  }
  tell<E extends keyof LegEvents>(event: E, ...args: LegEvents[E]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(...(args as never[]));
  }
  state(): LegState {
    return this.#state;
  }
  createOffer(): Promise<string> {
    return this.onOffer();
  }
  applyAnswer(sdp: string): Promise<void> {
    this.answers.push(sdp);
    return this.onAnswer(sdp);
  }
  answer(offer: string): Promise<string> {
    this.offers.push(offer);
    return this.onOffered();
  }
  accepted(): void {
    this.gateOpen = true;
  }
  play(): MediaTask<never, never> {
    throw new MediaError('media_not_connected', 'A fake plays nothing.', 'Use the real engine.');
  }
  record(): RecordTask {
    return this.play() as never;
  }
  interrupt(): void {}
  bridge(): MediaTask<never, never> {
    return this.play();
  }
  stream(): never {
    return this.play() as never;
  }
  digits(): never {
    return this.play() as never;
  }
  speech(): never {
    return this.play() as never;
  }
  async statistics(): Promise<LegStatistics> {
    return this.figures;
  }
  on<E extends keyof LegEvents>(event: E, listener: (...args: LegEvents[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener as Listener));
    return () => {
      listeners.delete(listener as Listener);
    };
  }
  async close(): Promise<void> {
    this.closed += 1;
    await this.onClose();
    if (this.#state !== 'closed') this.become('closed');
  }
}

export class FakeMedia implements MediaEngine {
  readonly made: FakeLeg[] = [];
  onCreate: (leg: FakeLeg) => Promise<void> = async () => {};
  readonly #crash = new Set<(error: Error) => void>();

  async createLeg(id: string): Promise<Leg> {
    const leg = new FakeLeg(id);
    await this.onCreate(leg);
    this.made.push(leg);
    return leg;
  }
  legs(): number {
    return this.made.filter((leg) => leg.state() !== 'closed').length;
  }
  crash(): void {
    for (const listener of [...this.#crash]) listener(new Error('The worker died.'));
  }
  onCrash(listener: (error: Error) => void): () => void {
    this.#crash.add(listener);
    return () => {
      this.#crash.delete(listener);
    };
  }
  async close(): Promise<void> {}
}
