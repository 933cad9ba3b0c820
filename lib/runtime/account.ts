import type { Node, NodeAPI } from 'node-red';
import type { Finding } from '../doctor/finding.ts';
import type { Contact, Permission } from '../permission/model.ts';
import type { Switchboard } from '../switchboard/switchboard.ts';
import type { EventRelay } from './event-relay.ts';
import type { FlowLifecycle } from './flow-lifecycle.ts';
import type { ReportableError } from './reportable-error.ts';

/** How far the set-up of a config node is. */
export type AccountState = { name: 'starting' } | { name: 'ready' } | { name: 'failed'; error: ReportableError };

/** What a config node offers to the nodes that use it. Secrets stay in its closures. */
export interface Account {
  readonly relay: EventRelay;
  readonly lifecycle: FlowLifecycle;
  state(): AccountState;
  onState(listener: (state: AccountState) => void): () => void;
  /** The switchboard, once it is there; rejects with the reason why there is none. */
  switchboard(): Promise<Switchboard>;
  /** What may be done with this person now. */
  possibilities(contact: Contact, permission: Permission): Promise<{ canRequest: boolean; canCall: boolean }>;
  /** Examines the whole set-up of the number; see `lib/doctor`. Never rejects. Absent: there is nothing to examine. */
  check?(publicUrl?: string): Promise<Finding[]>;
  /** Users hear of the config node's errors and status. */
  register(node: Node): void;
  deregister(node: Node): void;
}

/** A config node of type `wa-call-config`. */
export interface AccountNode extends Node {
  account?: Account;
}

/** The account behind a config node's id, if there is such a node and its settings can be used. */
export function findAccount(RED: Pick<NodeAPI, 'nodes'>, configId: string): Account | undefined {
  if (configId === '') return undefined;
  const node = RED.nodes.getNode(configId) as AccountNode | null | undefined;
  return node?.type === 'wa-call-config' ? node.account : undefined;
}
