import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { setUpCallNode } from '../lib/runtime/call-node.ts';
import { readOrigin } from '../lib/runtime/call-origin.ts';
import { noteScore } from '../lib/runtime/call-records/note-score.ts';
import { type Located, SHAPE } from '../lib/runtime/call-records/properties.ts';
import { readRecords } from '../lib/runtime/call-records/read-records.ts';
import { recordMessage, recordOfView } from '../lib/runtime/call-records/record-message.ts';
import { evaluateProperty } from '../lib/runtime/property.ts';

const TYPE = 'wa-call-records';

/** What became of past calls. Outputs: the records that a message asks for, or the score that it brought; the record of each call when it has ended. */
export default function (RED: NodeAPI): void {
  function CallRecords(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    setUpCallNode(RED, this, config, SHAPE, {
      input: async ({ settings, account, status }, msg, send) => {
        const switchboard = await account.switchboard();
        const look = (name: Located) =>
          evaluateProperty(RED, this, msg, { value: settings[name], type: settings[`${name}Type`] }, name);
        if (settings.action === 'score') {
          const noted = await noteScore({ look, switchboard });
          send([{ ...msg, payload: noted } as NodeMessage, null]);
          status.show('idle', 'scored', { count: noted.score });
          return;
        }
        status.show('waiting', 'working');
        const count = await readRecords(
          {
            settings,
            msg,
            look,
            switchboard,
          },
          (set) => {
            const answer: Record<string, unknown> = { ...RED.util.cloneMessage(msg), ...set };
            for (const [name, value] of Object.entries(set)) if (value === undefined) delete answer[name];
            send([answer as NodeMessage, null]);
          },
        );
        status.show('idle', 'counted', { count });
      },
      listen: ({ settings, account, status }) => {
        if (!settings.each) return () => undefined;
        return account.relay.onCall(({ event, call, record, origin }) => {
          if (event !== 'ended') return;
          const { data } = readOrigin(origin) ?? {};
          // At once, so that no deploy and no crash comes between *ended* and this message.
          this.send([
            null,
            {
              topic: 'call',
              payload: recordMessage(record ?? recordOfView(call), settings),
              ...(data !== undefined && { data }),
            } as NodeMessage,
          ]);
          status.show(call.outcome === 'failed' ? 'failed' : 'idle', call.outcome ?? 'completed');
        });
      },
    });
  }
  RED.nodes.registerType(TYPE, CallRecords);
}
