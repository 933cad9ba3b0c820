import type { Node, NodeAPI, NodeDef } from 'node-red';
import { setUpCallNode } from '../lib/runtime/call-node.ts';
import { chosenAction } from '../lib/runtime/chosen-action.ts';
import { answerDialog } from '../lib/runtime/dialog-question.ts';
import { managementRefusal } from '../lib/runtime/management-refusal.ts';
import { evaluateProperty } from '../lib/runtime/property.ts';
import { LOAD_PATH, loadSettings } from '../lib/runtime/settings/inquiry.ts';
import { ACTIONS, patchOfDialog, patchOfMessage, SHAPE } from '../lib/runtime/settings/properties.ts';
import { changedMessage, noticesOf, settingsMessage } from '../lib/runtime/settings/settings-message.ts';

const TYPE = 'wa-call-settings';

/** Reads and changes the call settings of the number. Outputs: settings, refused. */
export default function (RED: NodeAPI): void {
  answerDialog(RED, LOAD_PATH, loadSettings);

  function CallingSettings(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    setUpCallNode(RED, this, config, SHAPE, {
      input: async ({ settings, account, status }, msg, send) => {
        const action = chosenAction(ACTIONS, settings.action, msg);
        const switchboard = await account.switchboard();
        status.show('waiting', 'working');
        if (action === 'read') {
          const read = await switchboard.readSettings();
          status.show(read.status === 'enabled' ? 'connected' : 'idle', read.status === 'enabled' ? 'on' : 'off');
          return send([{ ...msg, settings: settingsMessage(read), notices: noticesOf(read) } as never, null]);
        }
        const patch =
          settings.from === 'dialog'
            ? patchOfDialog(settings)
            : patchOfMessage(
                await evaluateProperty(
                  RED,
                  this,
                  msg,
                  { value: settings.settings, type: settings.settingsType },
                  'settings',
                ),
              );
        try {
          const changed = await switchboard.changeSettings(patch);
          const count = changed.changes.filter(({ asked }) => asked).length;
          status.show(changed.notApplied.length > 0 ? 'failed' : 'connected', 'changed', { count });
          send([{ ...msg, ...changedMessage(changed) } as never, null]);
        } catch (error) {
          const reason = managementRefusal(error, 'settings_invalid');
          if (reason === undefined) throw error;
          status.show('waiting', 'refused');
          send([null, { ...msg, reason } as never]);
        }
      },
    });
  }
  RED.nodes.registerType(TYPE, CallingSettings);
}
