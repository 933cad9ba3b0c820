import type { Node, NodeAPI, NodeDef } from 'node-red';
import { toReportable } from '../lib/runtime/reportable-error.ts';
import { readStoreSettings, type StoreSettings } from '../lib/runtime/store-settings.ts';
import { userFolder } from '../lib/runtime/user-folder.ts';

const TYPE = 'wa-call-permission-store';

/** A config node that says where and by which rules permissions are kept. The numbers that name it open it. */
export interface PermissionStoreNode extends Node {
  /** @throws ReportableError if the node's settings cannot be used */
  store?: () => StoreSettings;
}

export default function (RED: NodeAPI): void {
  function PermissionStore(this: PermissionStoreNode, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    try {
      const settings = readStoreSettings(config, userFolder(RED.settings));
      this.store = () => settings;
    } catch (error) {
      const reportable = toReportable(error);
      this.error(reportable.message);
      this.store = () => {
        throw reportable;
      };
    }
  }
  RED.nodes.registerType(TYPE, PermissionStore);
}
