import type { Node, NodeAPI, NodeDef } from 'node-red';
import { setUpCallNode } from '../lib/runtime/call-node.ts';
import { ANSWERS } from '../lib/runtime/callbacks/answers.ts';
import { ACTIONS, readWords, SHAPE } from '../lib/runtime/callbacks/properties.ts';
import { chosenAction } from '../lib/runtime/chosen-action.ts';
import { evaluateProperty } from '../lib/runtime/property.ts';
import { stand } from '../lib/runtime/stand.ts';

const TYPE = 'wa-call-callbacks';

/** Keeps the list of people who are to be called back. Outputs: result, nothing due or refused. */
export default function (RED: NodeAPI): void {
  function Callbacks(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    setUpCallNode(RED, this, config, SHAPE, {
      input: async ({ settings, account, status }, msg, send) => {
        const action = chosenAction(ACTIONS, settings.action, msg);
        const {
          to,
          set,
          drop = [],
          show,
        } = await ANSWERS[action]({
          ...{ settings, msg, by: this.name || this.id, switchboard: await account.switchboard() },
          look: (name) =>
            evaluateProperty(RED, this, msg, { value: settings[name], type: settings[`${name}Type`] }, name),
        });
        const answer: Record<string, unknown> = { ...msg, ...set };
        for (const name of drop) delete answer[name];
        status.show(show.look, show.key, show.count === undefined ? undefined : { count: show.count });
        send(to === 'result' ? [answer, null] : [null, answer]);
      },
      listen: ({ settings, account }) => {
        const words = readWords(settings);
        if (words.length === 0) return () => {};
        return stand(this, account, (switchboard) => switchboard.hearCallbacks(this.id, words));
      },
    });
  }
  RED.nodes.registerType(TYPE, Callbacks);
}
