import type { Node, NodeAPI, NodeDef } from 'node-red';
import { readCallId } from '../lib/runtime/call-id.ts';
import { setUpCallNode } from '../lib/runtime/call-node.ts';
import { callMessage } from '../lib/runtime/messages.ts';
import { text } from '../lib/runtime/node-config.ts';
import { evaluateProperty } from '../lib/runtime/property.ts';

const TYPE = 'wa-call-terminate';

/** Hangs up. The output comes when the provider has confirmed it. */
export default function (RED: NodeAPI): void {
  function Terminate(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    setUpCallNode(
      RED,
      this,
      config,
      { call: text('call.id'), callType: text('msg') },
      {
        input: async ({ settings, account, status }, msg, send) => {
          const id = readCallId(
            await evaluateProperty(RED, this, msg, { value: settings.call, type: settings.callType }, 'call'),
          );
          const switchboard = await account.switchboard();
          status.show('waiting', 'ending');
          const call = await switchboard.terminate(id, 'flow');
          status.show('idle', 'ended');
          send({ ...msg, call: callMessage(call) });
        },
      },
    );
  }
  RED.nodes.registerType(TYPE, Terminate);
}
