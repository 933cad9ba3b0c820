import type { EventEmitter } from 'node:events';
import type { EndCause } from '../switchboard/switchboard.ts';

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
  [property: string]: unknown;
}

/** What becomes of the live calls of a config node that is being closed: they wait for its successor, or end now. */
export type Fate = 'park' | Extract<EndCause, 'shutdown' | 'config_removed'>;

/** Properties that say nothing about the number: name and place in the editor. */
const APPEARANCE = new Set(['name', 'x', 'y', 'z', 'g', 'l', 'info', 'wires']);

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
   * @returns `park` also if nobody knows, or if only the fingerprint of the next instance will tell what changed
   */
  fate(nodeId: string, removed: boolean): Fate {
    if (removed) return 'config_removed';
    if (this.#stopping === undefined) return 'park';
    const next = this.#stopping.config;
    if (next !== undefined && next === this.#active) return 'shutdown';
    if (!Array.isArray(next?.flows)) return 'park';
    const node = next.flows.find(({ id }) => id === nodeId);
    const tab = next.flows.find(({ id }) => id !== undefined && id === node?.z);
    if (node === undefined || node.d === true || tab?.disabled === true) return 'config_removed';
    const old = this.#active?.flows?.find(({ id }) => id === nodeId);
    return old !== undefined && differ(old, node) ? 'config_removed' : 'park';
  }
}

function differ(a: FlowNode, b: FlowNode): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].some((name) => !APPEARANCE.has(name) && JSON.stringify(a[name]) !== JSON.stringify(b[name]));
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
