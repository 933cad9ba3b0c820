import type { Node } from 'node-red';
import type { FlowLifecycle } from './flow-lifecycle.ts';

/** The current instance of each node id: what a long task reports to when a deploy replaced the node that started it. */
class Instances {
  readonly #nodes = new Map<string, Node>();

  enter(node: Node): void {
    this.#nodes.set(node.id, node);
  }

  /** Forgets a closed instance, unless its successor is here already. */
  leave(node: Node): void {
    if (this.#nodes.get(node.id) === node) this.#nodes.delete(node.id);
  }

  get(id: string): Node | undefined {
    return this.#nodes.get(id);
  }
}

export const instances = new Instances();

/** The instance of a node once no deploy is going on; undefined if the node is gone. */
export function currentInstance(id: string, lifecycle: FlowLifecycle): Promise<Node | undefined> {
  return new Promise((resolve) => lifecycle.whenSettled(() => resolve(instances.get(id))));
}
