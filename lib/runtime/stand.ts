import type { Node } from 'node-red';
import type { Switchboard } from '../switchboard/switchboard.ts';
import type { Account } from './account.ts';

/** The newest stand of each node id. */
const newest = new Map<string, symbol>();

/**
 * Keeps something in place at the switchboard of an account as long as the node is there. In a deploy a node's successor takes its
 * place without a gap: what happens just then is not lost.
 *
 * @param take puts it in place under the node's id and returns how to take it away
 * @returns what the node calls when it is closed
 */
export function stand(
  node: Pick<Node, 'id'>,
  account: Account,
  take: (switchboard: Switchboard) => () => void,
): () => void {
  const mine = Symbol(node.id);
  let leave: (() => void) | undefined;
  newest.set(node.id, mine);
  const stop = account.onState((state) => {
    if (state.name !== 'ready') return;
    account.switchboard().then(
      (switchboard) => {
        if (newest.get(node.id) === mine) leave = take(switchboard);
      },
      // The account shows by itself why there is none.
      () => {},
    );
  });
  return () => {
    stop();
    account.lifecycle.whenSettled(() => {
      if (newest.get(node.id) !== mine) return;
      newest.delete(node.id);
      leave?.();
    });
  };
}
