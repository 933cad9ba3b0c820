import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { setUpCallNode } from '../lib/runtime/call-node.ts';
import { isContact } from '../lib/runtime/contact-filter.ts';
import { deliveryNews } from '../lib/runtime/delivery-message.ts';
import { instances } from '../lib/runtime/instances.ts';
import { contactMessage, permissionMessage } from '../lib/runtime/messages.ts';
import { oneOf, text } from '../lib/runtime/node-config.ts';
import { toReportable } from '../lib/runtime/reportable-error.ts';

const TYPE = 'wa-call-permission-in';
const OUTPUT = { granted: 0, denied: 1, ended: 2 } as const;

/** Tells when people grant, deny or take back permission, and how requests fare. Outputs: granted, denied, revoked or expired, request. */
export default function (RED: NodeAPI): void {
  function PermissionIn(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    let turn: Promise<void> = Promise.resolve();
    setUpCallNode(
      RED,
      this,
      config,
      { contact: text(), deliveries: oneOf(['failed', 'all', 'none']) },
      {
        listen: ({ settings, account, status }) => {
          const stopStatuses = account.relay.onMessageStatus(({ request }) => {
            if (request === undefined || settings.deliveries === 'none') return;
            if (settings.deliveries === 'failed' && request.status !== 'failed') return;
            if (!isContact(settings.contact, request.contact)) return;
            instances.get(this.id)?.send([null, null, null, deliveryNews(request) as NodeMessage]);
            if (request.status === 'failed') status.show('failed', 'undelivered');
          });
          const stopPermissions = account.relay.onPermission((change) => {
            if (!isContact(settings.contact, change.contact)) return;
            const word = change.change === 'ended' ? (change.why ?? 'revoked') : change.change;
            // One after the other: a revocation must not overtake the grant before it.
            turn = turn
              .then(() => account.possibilities(change.contact, change.permission))
              .then((possible) => {
                const outputs: (NodeMessage | null)[] = [null, null, null, null];
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
          });
          return () => {
            stopStatuses();
            stopPermissions();
          };
        },
      },
    );
  }
  RED.nodes.registerType(TYPE, PermissionIn);
}
