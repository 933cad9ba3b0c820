import type { Node, NodeAPI, NodeDef } from 'node-red';
import { setUpCallNode } from '../lib/runtime/call-node.ts';
import { readContact } from '../lib/runtime/contact-input.ts';
import { answerDialog } from '../lib/runtime/dialog-question.ts';
import { readInstant } from '../lib/runtime/instant-input.ts';
import { contactMessage, permissionMessage, reasonMessage, warningsMessage } from '../lib/runtime/messages.ts';
import { oneOf, text } from '../lib/runtime/node-config.ts';
import { asText, evaluateProperty } from '../lib/runtime/property.ts';
import { CHOICES_PATH, templateChoices } from '../lib/runtime/template/choices.ts';
import { readTemplateParameters } from '../lib/runtime/template-parameters.ts';

const TYPE = 'wa-call-request-permission';
const SHAPE = {
  contact: text('contact'),
  contactType: text('msg'),
  purpose: text('purpose'),
  purposeType: text('msg'),
  kind: oneOf(['auto', 'freeform', 'template']),
  text: text(),
  textType: text('str'),
  template: text(),
  templateType: text('str'),
  language: text('en_US'),
  parameters: text(),
  parametersType: text('json'),
  promisedBy: text('promisedBy'),
  promisedByType: text('msg'),
};

/** Asks a person for permission to call. Outputs: requested, already granted, blocked. */
export default function (RED: NodeAPI): void {
  answerDialog(RED, CHOICES_PATH, templateChoices);

  function RequestPermission(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    setUpCallNode(RED, this, config, SHAPE, {
      input: async ({ settings, account, status }, msg, send) => {
        const look = (
          name: 'contact' | 'purpose' | 'text' | 'template' | 'parameters' | 'promisedBy',
        ): Promise<unknown> =>
          evaluateProperty(RED, this, msg, { value: settings[name], type: settings[`${name}Type`] }, name);
        const who = readContact(await look('contact'));
        if ('reason' in who) {
          status.show('waiting', 'blocked');
          return send([null, null, { ...msg, reason: reasonMessage(who.reason) }]);
        }
        const [purpose, wording, name] = [await look('purpose'), await look('text'), await look('template')].map(
          asText,
        );
        const parameters = readTemplateParameters(await look('parameters'));
        const promisedBy = readInstant(await look('promisedBy'), 'promised time');
        const switchboard = await account.switchboard();
        status.show('waiting', 'asking');
        const result = await switchboard.ask({
          contact: who.contact,
          purpose: purpose ?? '',
          via: settings.kind,
          ...(promisedBy !== undefined && { promisedBy }),
          ...(wording && { text: wording }),
          ...(name && {
            template: { name, language: settings.language || 'en_US', ...(parameters !== undefined && { parameters }) },
          }),
        });
        const permission = result.permission && {
          permission: permissionMessage(
            result.permission,
            await account.possibilities(result.contact, result.permission),
          ),
        };
        const answer = { ...msg, contact: contactMessage(result.contact), ...permission };
        if (result.outcome === 'requested') {
          status.show('waiting', 'requested');
          return send([{ ...answer, ...warningsMessage(result.warnings), requestId: result.requestId }, null, null]);
        }
        if (result.outcome === 'already_granted') {
          status.show('connected', 'granted');
          return send([null, answer, null]);
        }
        status.show('waiting', 'blocked');
        send([null, null, { ...answer, reason: reasonMessage(result.reason) }]);
      },
    });
  }
  RED.nodes.registerType(TYPE, RequestPermission);
}
