import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { Account } from '../lib/runtime/account.ts';
import type { AccountSecrets } from '../lib/runtime/account-settings.ts';
import { answerDialog } from '../lib/runtime/dialog-question.ts';
import { flowLifecycle } from '../lib/runtime/flow-lifecycle.ts';
import { bindClose } from '../lib/runtime/input.ts';
import { LiveAccount } from '../lib/runtime/live-account.ts';
import { CHECK_PATH, checkSetUp } from '../lib/runtime/set-up/inquiry.ts';
import { storeOf } from '../lib/runtime/store-nodes.ts';
import type { StoreSettings } from '../lib/runtime/store-settings.ts';
import { startSimulatorWorker } from '../simulator/host.ts';

const TYPE = 'wa-call-config';

interface ConfigNode extends Node<Required<{ [K in keyof AccountSecrets]: unknown }>> {
  account?: Account;
  users: Record<string, unknown>;
}

/** A business number. Owns the line to it, and hands calls on to its successor when a deploy replaces it. */
export default function (RED: NodeAPI): void {
  // While the palette loads: the first deploy must not be missed.
  const lifecycle = flowLifecycle(RED.events);

  answerDialog(RED, CHECK_PATH, checkSetUp);

  function Config(this: ConfigNode, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    this.users = {};
    const secrets: AccountSecrets = { ...(this.credentials as AccountSecrets | undefined) };
    // Whoever gets hold of this node, a Function node for example, shall not get the token with it.
    delete (this as { credentials?: unknown }).credentials;
    const storeId = String((config as { store?: unknown }).store ?? '');
    const account = new LiveAccount({
      RED,
      node: this,
      config,
      lifecycle,
      secrets,
      store: () => (storeId === '' ? undefined : readStore(RED, storeId)),
      startSimulator: (options) => startSimulatorWorker(options),
    });
    this.account = account;
    bindClose(this, (removed) => account.close(lifecycle.fate(this.id, removed)));
    account.open();
  }

  RED.nodes.registerType(TYPE, Config, {
    credentials: {
      accessToken: { type: 'password' },
      appSecret: { type: 'password' },
      previousAppSecret: { type: 'password' },
      verifyToken: { type: 'password' },
      turnPassword: { type: 'password' },
    },
    settings: {
      // Tells the dialog that Meta would be asked for a password; the password itself stays where it is.
      waCallConfigHttpNodeAuth: {
        value: Boolean((RED.settings as { httpNodeAuth?: unknown }).httpNodeAuth),
        exportable: true,
      },
    },
  });
}

function readStore(RED: NodeAPI, id: string): StoreSettings | 'missing' {
  return storeOf(RED.nodes.getNode(id)) ?? 'missing';
}
