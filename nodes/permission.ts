import type { Node, NodeAPI, NodeDef } from 'node-red';
import { setUpCallNode } from '../lib/runtime/call-node.ts';
import { chosenAction } from '../lib/runtime/chosen-action.ts';
import { answerDialog } from '../lib/runtime/dialog-question.ts';
import { ANSWERS } from '../lib/runtime/permission/actions.ts';
import type { Asking } from '../lib/runtime/permission/asking.ts';
import { exportAudit } from '../lib/runtime/permission/export-action.ts';
import { LOOKUP_PATH, lookUp } from '../lib/runtime/permission/inquiry.ts';
import type { Outcome } from '../lib/runtime/permission/outcome.ts';
import { ACTIONS, SHAPE } from '../lib/runtime/permission/properties.ts';
import { evaluateProperty } from '../lib/runtime/property.ts';

const TYPE = 'wa-call-permission';

/** Looks up, lists, corrects, exports and erases what the ledger knows. Outputs: result, refused or not found. */
export default function (RED: NodeAPI): void {
  answerDialog(RED, LOOKUP_PATH, lookUp);

  function Permission(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    setUpCallNode(RED, this, config, SHAPE, {
      input: async ({ settings, account, status }, msg, send) => {
        const action = chosenAction(ACTIONS, settings.action, msg);
        const show = (shown: Outcome['status']): void =>
          status.show(shown.look, shown.key, shown.count === undefined ? undefined : { count: shown.count });
        const asking: Asking = {
          settings,
          msg,
          look: (name) =>
            evaluateProperty(RED, this, msg, { value: settings[name], type: settings[`${name}Type`] }, name),
          switchboard: await account.switchboard(),
        };
        status.show('waiting', 'working');
        if (action === 'export') {
          return exportAudit(asking, {
            part: (set) => send([{ ...RED.util.cloneMessage(msg), ...set }, null]),
            refused: (set) => send([null, { ...msg, ...set }]),
            show,
          });
        }
        const { to, set, drop = [], status: shown } = await ANSWERS[action](asking);
        const answer: Record<string, unknown> = { ...msg, ...set };
        for (const name of drop) delete answer[name];
        show(shown);
        send(to === 'result' ? [answer, null] : [null, answer]);
      },
    });
  }
  RED.nodes.registerType(TYPE, Permission);
}
