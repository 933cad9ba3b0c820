import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { setUpCallNode } from '../lib/runtime/call-node.ts';
import { isContact } from '../lib/runtime/contact-filter.ts';
import { instances } from '../lib/runtime/instances.ts';
import { contactMessage, permissionMessage } from '../lib/runtime/messages.ts';
import { text } from '../lib/runtime/node-config.ts';
import { toReportable } from '../lib/runtime/reportable-error.ts';

const TYPE = 'wa-call-permission-in';
const OUTPUT = { granted: 0, denied: 1, ended: 2 } as const;

/** Tells when people grant, deny or take back permission. Outputs: granted, denied, revoked or expired. */
export default function (RED: NodeAPI): void {
  function PermissionIn(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    let turn: Promise<void> = Promise.resolve();
    setUpCallNode(
      RED,
      this,
      config,
      { contact: text() },
      {
        listen: ({ settings, account, status }) =>
          account.relay.onPermission((change) => {
            if (!isContact(settings.contact, change.contact)) return;
            const word = change.change === 'ended' ? (change.why ?? 'revoked') : change.change;
            // One after the other: a revocation must not overtake the grant before it.
            turn = turn
              .then(() => account.possibilities(change.contact, change.permission))
              .then((possible) => {
                const outputs: (NodeMessage | null)[] = [null, null, null];
                outputs[OUTPUT[change.change]] = {
                  topic: `permission.${change.change}`,
                  payload: word,
                  contact: contactMessage(change.contact),
                  permission: permissionMessage(change.permission, possible),
                  ...(change.permission.purpose !== undefined && { purpose: change.permission.purpose }),
                };
                instances.get(this.id)?.send(outputs);
                status.show(change.change === 'granted' ? 'connected' : 'idle', change.change);
              })
              .catch((error: unknown) => this.error(toReportable(error), { contact: contactMessage(change.contact) }));
          }),
      },
    );
  }
  RED.nodes.registerType(TYPE, PermissionIn);
}
