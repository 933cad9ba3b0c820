import { type Desk, inBackground } from './desk.ts';
import { handOut } from './hand-out.ts';
import { told } from './patience.ts';
import { disown, endTakenOver, takeOver } from './take-over.ts';

/**
 * Lives with other instances on the same store: takes events about our calls that came in elsewhere, says that we are alive,
 * and ends the calls of instances that died. Nothing of it keeps the process alive.
 */
export class Fellowship {
  readonly #desk: Desk;
  readonly #timers: NodeJS.Timeout[] = [];
  #deafen: (() => void) | undefined;
  #taking: Promise<void> | undefined;
  /** News came while events were being taken. */
  #again = false;
  #beating = false;
  #lastBeat = Number.POSITIVE_INFINITY;
  /** What fails just now, so that the log says it once. */
  readonly #failing = new Set<string>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Does nothing on a store that has one owner. */
  start(): void {
    const { deps, settings } = this.#desk;
    const { ledger, businessNumber } = deps;
    if (ledger.take === undefined || this.#timers.length > 0) return;
    this.#deafen = ledger.onNews?.((news) => {
      if (news.businessNumberId === businessNumber.id || news.businessNumberId === '') this.#hear();
    });
    // News may be lost on the way, so it is looked for as well.
    this.#timers.push(setInterval(() => this.#hear(), settings.takeMs).unref());
    if (ledger.heartbeat === undefined) return;
    this.#lastBeat = deps.now();
    this.#timers.push(setInterval(() => this.#beat(), settings.heartbeatMs).unref());
  }

  stop(): void {
    this.#deafen?.();
    for (const timer of this.#timers) clearInterval(timer);
  }

  #hear(): void {
    if (this.#taking !== undefined) {
      this.#again = true;
      return;
    }
    this.#taking = this.#guarded('Events from other instances', () => this.#take()).finally(() => {
      this.#taking = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.#hear();
    });
    inBackground(this.#desk, 'Events from other instances', this.#taking);
  }

  async #take(): Promise<void> {
    const desk = this.#desk;
    const { ledger, businessNumber } = desk.deps;
    for (;;) {
      if (desk.shut) return;
      const retried = desk.unheard.splice(0);
      const events = [...retried, ...((await ledger.take?.(businessNumber.id)) ?? [])];
      desk.unheard.push(...(await handOut(desk, events)));
      if (events.length === retried.length) return;
    }
  }

  #beat(): void {
    if (this.#beating || this.#desk.shut) return;
    this.#beating = true;
    const work = this.#guarded('The heartbeat of this instance', () => this.#pulse()).finally(() => {
      this.#beating = false;
    });
    inBackground(this.#desk, 'The heartbeat of this instance', work);
  }

  async #pulse(): Promise<void> {
    const desk = this.#desk;
    const { ledger, businessNumber, now } = desk.deps;
    const dead = new Set((await ledger.heartbeat?.())?.dead);
    const silence = now() - this.#lastBeat;
    this.#lastBeat = now();
    if (silence > desk.settings.silentMs) await disown(desk);
    if (dead.size === 0 || desk.closed) return;
    const left = (await ledger.liveCalls(businessNumber.id)).filter(({ owner }) => dead.has(owner));
    const taken = await takeOver(desk, left);
    // Among their events may be the end of such a call, so only then are they ended.
    await this.#take();
    endTakenOver(desk, taken);
  }

  async #guarded(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failing.delete(what);
    } catch (error) {
      if (!this.#failing.has(what))
        this.#desk.deps.log('warn', `${what} did not work, it will be tried again: ${told(error)}`);
      this.#failing.add(what);
    }
  }
}
