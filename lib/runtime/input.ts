import type { Node, NodeMessage, NodeMessageInFlow } from 'node-red';
import { toReportable } from './reportable-error.ts';

/** `send` of an input: answers belong to the incoming message. An array is one message (or none) per output. */
export type Send = (msg: NodeMessage | (NodeMessage | NodeMessage[] | null)[]) => void;

/**
 * Handles a node's input. Node-RED ignores the promise of an async listener, so that a rejection would end the process;
 * here a rejection becomes `done(error)`, and `done` is called exactly once on every path.
 *
 * @param node the node
 * @param handle resolves when the message is dealt with; what it throws reaches Catch nodes with a `code`, and with `msg.reason` where there is a next step
 */
export function bindInput(node: Node, handle: (msg: NodeMessageInFlow, send: Send) => Promise<void> | void): void {
  node.on('input', (msg, send, done) => {
    Promise.resolve()
      .then(() => handle(msg, send))
      .then(
        () => done(),
        (error: unknown) => {
          const reportable = toReportable(error);
          if (reportable.reason !== undefined) (msg as { reason?: unknown }).reason = reportable.reason;
          done(reportable);
        },
      )
      // `done` runs hooks and other nodes' code: what they throw is not ours to die of.
      .catch((error: unknown) => node.warn(toReportable(error).message));
  });
}

/**
 * Disposes of what a node holds. Node-RED waits for it, at most 15 seconds.
 *
 * @param node the node
 * @param dispose `removed` is true only if the node was deleted or disabled; failures are reported, never thrown
 */
export function bindClose(node: Node, dispose: (removed: boolean) => Promise<void> | void): void {
  // Exactly two parameters: Node-RED decides by arity what it hands over.
  node.on('close', (removed: boolean, done: () => void) => {
    Promise.resolve()
      .then(() => dispose(removed))
      .catch((error: unknown) => node.error(toReportable(error), {}))
      .finally(done)
      .catch((error: unknown) => node.warn(toReportable(error).message));
  });
}
