import type { Node, NodeAPI, NodeDef } from 'node-red';
import { toReportable } from '../lib/runtime/reportable-error.ts';
import { keepStore } from '../lib/runtime/store-nodes.ts';
import { readStoreSettings, type StoreSecrets } from '../lib/runtime/store-settings.ts';
import { userFolder } from '../lib/runtime/user-folder.ts';

const TYPE = 'wa-call-permission-store';

/** A config node that says where and by which rules permissions are kept. The numbers that name it open it. */
type PermissionStoreNode = Node<Required<{ [K in keyof StoreSecrets]: unknown }>>;

export default function (RED: NodeAPI): void {
  function PermissionStore(this: PermissionStoreNode, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const secrets: StoreSecrets = { ...(this.credentials as StoreSecrets | undefined) };
    // Whoever gets hold of this node, a Function node for example, shall not get the password with it.
    delete (this as { credentials?: unknown }).credentials;
    try {
      const settings = readStoreSettings(config, userFolder(RED.settings), secrets);
      keepStore(this, () => settings);
    } catch (error) {
      const reportable = toReportable(error);
      this.error(reportable.message);
      keepStore(this, () => {
        throw reportable;
      });
    }
  }
  RED.nodes.registerType(TYPE, PermissionStore, { credentials: { connection: { type: 'password' } } });
}
