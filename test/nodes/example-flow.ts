import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { NodeAPI } from 'node-red';
import { checkout } from '../checkout.mts';
import { helper, Inbox } from './helper.ts';
import { MovedLedger } from './moved-ledger.ts';
import { RealNumber } from './real-number.ts';

type FlowNode = { id: string; type: string; name?: string; [property: string]: unknown };
type Told = Record<string, unknown>;
type Overrides = Parameters<typeof MovedLedger.open>[1];

const load = createRequire(path.join(checkout, 'package.json'));
/** Node-RED's own nodes that the examples use, beside those that the helper brings. */
const CORE = [
  'common/20-inject',
  'function/10-function',
  'function/10-switch',
  'function/15-change',
  'function/80-template',
  'function/89-delay',
  'network/21-httpin',
  'parsers/70-CSV',
  'sequence/17-split',
].map((name) => load(`@node-red/nodes/core/${name}.js`) as (RED: NodeAPI) => void);

/**
 * An example as it is imported, in this process, on a ledger whose clock the test moves: its debug nodes are boxes, and
 * nothing presses its buttons but the test.
 */
export class ExampleFlow {
  readonly number = new RealNumber();
  moved!: MovedLedger;
  #nodes: FlowNode[] = [];
  readonly #boxes = new Map<string, Inbox>();

  /** @param change what the test wants otherwise in a node; by default nothing */
  async open(
    name: string,
    { change = (node: FlowNode) => node, overrides = {} as Overrides, simulator = {} as Record<string, unknown> } = {},
  ): Promise<void> {
    const text = readFileSync(path.join(checkout, 'examples', `${name}.json`), 'utf8');
    this.#nodes = (JSON.parse(text) as FlowNode[])
      .filter(({ type }) => type !== 'comment')
      .map((node) => {
        if (node.type === 'debug') return { ...node, type: 'helper', wires: [] };
        if (node.type === 'inject') return { ...node, repeat: '', crontab: '', once: false };
        if (node.type === 'wa-call-config') return { ...change(node), store: 'store' };
        return change(node);
      });
    const store = { id: 'store', type: 'wa-call-permission-store', overrides: JSON.stringify(overrides) };
    await this.number.start({ pace: 0.01, ...simulator });
    this.moved = await MovedLedger.open(this.number, overrides);
    await this.number.load([...this.#nodes, store], {}, CORE);
    await this.number.ready(this.#nodes.find(({ type }) => type === 'wa-call-config')?.id);
    for (const { id, type, name: box } of this.#nodes) {
      if (type === 'helper' && box !== undefined) this.#boxes.set(box, new Inbox(id));
    }
  }

  async close(): Promise<void> {
    await helper.unload();
    await this.moved?.close();
    await this.number.stop();
  }

  id(name: string): string {
    return this.#nodes.find((node) => node.name === name)?.id ?? assert.fail(`no node "${name}"`);
  }

  /** Presses a button, or hands a message to a node. */
  press(name: string, msg: object = {}): void {
    helper.getNode(this.id(name)).receive(msg);
  }

  /** What arrives from now on at any node of the example. */
  arriving(name: string): Inbox {
    return new Inbox(this.id(name));
  }

  /** Everything that a debug node was told so far. */
  heard(box: string): Told[] {
    return (this.#boxes.get(box) ?? assert.fail(`no debug node "${box}"`)).messages;
  }

  /** Resolves with the message of this number at a debug node, by default the next one after those that were there. */
  told(box: string, index: number): Promise<Told> {
    return (this.#boxes.get(box) ?? assert.fail(`no debug node "${box}"`)).at(index);
  }

  async violations(): Promise<unknown> {
    return (await this.number.read('violations')).violations;
  }
}
