import type { Node, NodeAPI, NodeDef } from 'node-red';
import { setUpCallNode } from '../lib/runtime/call-node.ts';
import { oneOf, text } from '../lib/runtime/node-config.ts';
import { asText, evaluateProperty } from '../lib/runtime/property.ts';
import { readCheck } from '../lib/runtime/set-up/check-answer.ts';

const TYPE = 'wa-call-check';
const SHAPE = { publicUrl: text(), publicUrlType: text('str'), from: oneOf(['warn', 'fail']) };

/** Examines the set-up of a number. Outputs: everything is fine, problems. */
export default function (RED: NodeAPI): void {
  function CheckSetUp(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    setUpCallNode(RED, this, config, SHAPE, {
      input: async ({ settings, account, status }, msg, send) => {
        const { publicUrl: value, publicUrlType: type } = settings;
        const address = asText(await evaluateProperty(RED, this, msg, { value, type }, 'public address'));
        status.show('waiting', 'checking');
        const { healthy, answer, faults, warnings } = await readCheck(account, settings.from, address);
        if (healthy) status.show('connected', 'fine');
        else status.show('failed', faults > 0 ? 'faults' : 'warnings', { count: faults > 0 ? faults : warnings });
        const out = { ...msg, ...answer };
        send(healthy ? [out, null] : [null, out]);
      },
    });
  }
  RED.nodes.registerType(TYPE, CheckSetUp);
}
