import type { EventEmitter } from 'node:events';

/** What Node-RED tells with `flows:starting`, `flows:started` and `flows:stopping`. */
interface FlowEvent {
  config?: { flows?: FlowNode[] };
}
interface FlowNode {
  id?: string;
  type?: string;
  z?: string;
  /** Disabled node. */
  d?: boolean;
  /** Disabled tab. */
  disabled?: boolean;
}

/** What becomes of the live calls of a config node that is being closed. */
export type Fate = 'end' | 'park';

/**
 * Tells a deploy from a shutdown. Node-RED closes nodes the same way for both, and says `removed: false` for both.
 *
 * Source: `@node-red/runtime` 5.0.7 and 4.1.15, `lib/flows/index.js`: a deploy or "restart flows" replaces the active
 * configuration object first and then emits `flows:stopping` with the new one; a shutdown or "stop flows" emits it with
 * the very object that `flows:starting` and `flows:started` carried.
 */
export class FlowLifecycle {
  #active: FlowEvent['config'];
  #stopping: FlowEvent | undefined;
  #settled = true;
  readonly #waiting: (() => void)[] = [];

  constructor(events: Pick<EventEmitter, 'on'>) {
    events.on('flows:starting', (event?: FlowEvent) => {
      this.#active = event?.config;
      this.#settled = false;
    });
    events.on('flows:started', (event?: FlowEvent) => {
      this.#active = event?.config;
      this.#stopping = undefined;
      this.#settled = true;
      for (const resume of this.#waiting.splice(0)) resume();
    });
    events.on('flows:stopping', (event?: FlowEvent) => {
      this.#stopping = event ?? {};
      this.#settled = false;
    });
  }

  /** False from the beginning of a deploy until every node of the new flows exists. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Calls back once all nodes exist: at once, or at the end of the deploy that is going on. */
  whenSettled(resume: () => void): void {
    if (this.#settled) resume();
    else this.#waiting.push(resume);
  }

  /**
   * @param nodeId the config node that is being closed
   * @param removed what Node-RED's `close` said
   * @returns `park`: the node will be back, or nobody knows; `end`: it will not
   */
  fate(nodeId: string, removed: boolean): Fate {
    if (removed) return 'end';
    if (this.#stopping === undefined) return 'park';
    const next = this.#stopping.config;
    if (next !== undefined && next === this.#active) return 'end';
    if (!Array.isArray(next?.flows)) return 'park';
    const node = next.flows.find((candidate) => candidate.id === nodeId);
    if (node === undefined || node.d === true) return 'end';
    const tab = next.flows.find((candidate) => candidate.id === node.z);
    return tab?.disabled === true ? 'end' : 'park';
  }
}

const lifecycles = new WeakMap<object, FlowLifecycle>();

/** The one lifecycle of this process (of this event emitter), subscribed once. Call it while the palette loads. */
export function flowLifecycle(events: Pick<EventEmitter, 'on'>): FlowLifecycle {
  let lifecycle = lifecycles.get(events);
  if (lifecycle === undefined) {
    lifecycle = new FlowLifecycle(events);
    lifecycles.set(events, lifecycle);
  }
  return lifecycle;
}
