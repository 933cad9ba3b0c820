import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import type { z } from 'zod';
import { type Account, findAccount } from './account.ts';
import { bindClose, bindInput, type Send } from './input.ts';
import { instances } from './instances.ts';
import { parseNodeConfig } from './node-config.ts';
import { ReportableError, toReportable } from './reportable-error.ts';
import { Status } from './status.ts';

/** What a node of the palette works with once it is set up. */
export interface CallNode<S> {
  settings: S;
  account: Account;
  status: Status;
}

interface Behaviour<S> {
  /** Handles a message. Absent: the node has no input. */
  input?: (call: CallNode<S>, msg: NodeMessageInFlow, send: Send) => Promise<void>;
  /** Subscribes; returns what undoes it. */
  listen?: (call: CallNode<S>) => () => void;
  /** Shows the node's status while nothing is wrong with its account. Default: none. */
  atRest?: (call: CallNode<S>) => void;
}

/**
 * Sets a node up: reads its properties, joins its config node, binds input and close. Anything wrong becomes a red
 * status now and an error with a code for every message that arrives, never an exception in a constructor.
 *
 * @param shape schemas of the node's own properties (`config` is added)
 */
export function setUpCallNode<S extends Record<string, z.ZodType>>(
  RED: NodeAPI,
  node: Node,
  config: NodeDef,
  shape: S,
  behaviour: Behaviour<z.infer<z.ZodObject<S>>>,
): void {
  const status = new Status(node, (key, values) => RED._(key, values));
  instances.enter(node);
  const found = compose(RED, node, config, shape, status);
  if (found instanceof ReportableError) {
    if (behaviour.input) bindInput(node, () => Promise.reject(found));
    bindClose(node, () => instances.leave(node));
    return;
  }
  const { account } = found;
  const { input, listen, atRest } = behaviour;
  account.register(node);
  const stop = [
    listen?.(found),
    account.onState((state) => {
      if (state.name === 'failed') status.show('failed', 'not_ready');
      else if (state.name === 'starting') status.show('waiting', 'starting');
      else if (atRest) atRest(found);
      else status.clear();
    }),
  ];
  if (input) {
    bindInput(node, async (msg, send) => {
      try {
        await input(found, msg, send);
      } catch (error) {
        status.show('failed', 'failed');
        throw error;
      }
    });
  }
  bindClose(node, () => {
    for (const undo of stop) undo?.();
    account.deregister(node);
    instances.leave(node);
  });
}

function compose<S extends Record<string, z.ZodType>>(
  RED: NodeAPI,
  node: Node,
  config: NodeDef,
  shape: S,
  status: Status,
): CallNode<z.infer<z.ZodObject<S>>> | ReportableError {
  try {
    const settings = parseNodeConfig(shape, config);
    const account = findAccount(RED, String((config as { config?: unknown }).config ?? ''));
    if (account === undefined) {
      status.show('failed', 'no_config');
      return new ReportableError(
        'config_missing',
        'This node has no usable configuration. Open the node, choose or correct its "Number", and deploy.',
      );
    }
    return { settings, account, status };
  } catch (error) {
    status.show('failed', 'bad_config');
    const reportable = toReportable(error);
    node.error(reportable.message);
    return reportable;
  }
}
