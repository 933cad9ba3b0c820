import type { Node, NodeStatus } from 'node-red';

/** What a node may look like: one colour and shape per meaning, for every node of the palette. */
export type Look = 'idle' | 'waiting' | 'ringing' | 'connected' | 'failed';

const LOOKS: Record<Look, Required<Pick<NodeStatus, 'fill' | 'shape'>>> = {
  idle: { fill: 'grey', shape: 'ring' },
  waiting: { fill: 'yellow', shape: 'ring' },
  ringing: { fill: 'blue', shape: 'dot' },
  connected: { fill: 'green', shape: 'dot' },
  failed: { fill: 'red', shape: 'ring' },
};
/** Characters that fit under a node without covering its neighbours. */
export const STATUS_LENGTH = 20;

type Translate = (key: string, values: Record<string, string | number>) => string;

/**
 * The status of one node. Texts are catalog keys `<type>.status.<key>`: fixed ones are translated in the browser, ones
 * with numbers here.
 */
export class Status {
  readonly #node: Pick<Node, 'status' | 'type'>;
  readonly #translate: Translate;

  constructor(node: Pick<Node, 'status' | 'type'>, translate: Translate) {
    this.#node = node;
    this.#translate = translate;
  }

  /**
   * @param look meaning
   * @param key last part of the catalog key
   * @param values numbers or short words of the text; with them the text is made here and cut to 20 characters
   */
  show(look: Look, key: string, values?: Record<string, string | number>): void {
    const name = `${this.#node.type}.status.${key}`;
    const text = values === undefined ? name : cut(this.#translate(name, values));
    this.#node.status({ ...LOOKS[look], text });
  }

  clear(): void {
    this.#node.status({});
  }
}

function cut(text: string): string {
  return text.length <= STATUS_LENGTH ? text : `${text.slice(0, STATUS_LENGTH - 1)}…`;
}
