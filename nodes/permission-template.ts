import type { Node, NodeAPI, NodeDef } from 'node-red';
import { setUpCallNode } from '../lib/runtime/call-node.ts';
import { chosenAction } from '../lib/runtime/chosen-action.ts';
import { answerDialog } from '../lib/runtime/dialog-question.ts';
import { instances } from '../lib/runtime/instances.ts';
import { managementRefusal } from '../lib/runtime/management-refusal.ts';
import { asText, evaluateProperty } from '../lib/runtime/property.ts';
import {
  checkTemplate,
  createTemplate,
  deleteTemplate,
  invalid,
  listTemplates,
  type Outcome,
  templateStatus,
} from '../lib/runtime/template/actions.ts';
import { CHECK_PATH, checkDraft, READY_PATH, readyTemplates } from '../lib/runtime/template/inquiry.ts';
import { ACTIONS, draftOf, SHAPE } from '../lib/runtime/template/properties.ts';

const TYPE = 'wa-call-template';

/** Creates, lists, checks and deletes templates that ask for permission. Outputs: result, refused, news. */
export default function (RED: NodeAPI): void {
  const permitted = RED.auth.needsPermission('whatsapp-calling.read');
  RED.httpAdmin.get(READY_PATH, permitted, (_request, response) => void response.json(readyTemplates()));
  answerDialog(RED, CHECK_PATH, (_find, question) => checkDraft(question));

  function PermissionTemplate(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    setUpCallNode(RED, this, config, SHAPE, {
      listen: ({ settings, account, status }) =>
        account.relay.onTemplate((change) => {
          // A name that comes with a message is not known here.
          const only = settings.templateType === 'str' ? settings.template : '';
          if (only !== '' && only !== change.name) return;
          const news = { topic: `template.${change.status}`, payload: change.status, template: { ...change } };
          instances.get(this.id)?.send([null, null, news as never]);
          status.show(change.status === 'approved' ? 'connected' : 'waiting', 'news');
        }),
      input: async ({ settings, account, status }, msg, send) => {
        const action = chosenAction(ACTIONS, settings.action, msg);
        const look = (name: 'template' | 'draft'): Promise<unknown> =>
          evaluateProperty(RED, this, msg, { value: settings[name], type: settings[`${name}Type`] }, name);
        const answer = ({ to, set, status: shown }: Outcome): void => {
          status.show(shown.look, shown.key, shown.count === undefined ? undefined : { count: shown.count });
          send(to === 'result' ? [{ ...msg, ...set } as never, null, null] : [null, { ...msg, ...set } as never, null]);
        };
        const name = asText(await look('template'));
        const draft = (): ReturnType<typeof draftOf> | Promise<ReturnType<typeof draftOf>> =>
          settings.from === 'message'
            ? look('draft').then((given) => draftOf(settings, name, given))
            : draftOf(settings, name, undefined);
        if (action === 'check') {
          const read = await draft();
          return answer('mistakes' in read ? invalid(read.mistakes) : checkTemplate(read.draft));
        }
        const switchboard = await account.switchboard();
        status.show('waiting', 'working');
        try {
          if (action === 'list') return answer(await listTemplates(switchboard, name, settings.language));
          if (action === 'status') return answer(await templateStatus(switchboard, name, settings.language));
          if (action === 'delete') return answer(await deleteTemplate(switchboard, name, settings.language));
          const read = await draft();
          answer(
            'mistakes' in read
              ? invalid(read.mistakes)
              : await createTemplate(switchboard, read.draft, settings.strict),
          );
        } catch (error) {
          const reason = managementRefusal(error, 'template_invalid');
          if (reason === undefined) throw error;
          status.show('waiting', 'refused');
          send([null, { ...msg, reason } as never, null]);
        }
      },
    });
  }
  RED.nodes.registerType(TYPE, PermissionTemplate);
}
