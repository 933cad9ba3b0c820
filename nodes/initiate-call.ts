import { randomUUID } from 'node:crypto';
import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { setUpCallNode } from '../lib/runtime/call-node.ts';
import { readCallData, readOrigin } from '../lib/runtime/call-origin.ts';
import { showCalls } from '../lib/runtime/call-status.ts';
import { callTickets } from '../lib/runtime/call-tickets.ts';
import { CAPTURE_SHAPE, readCaptures } from '../lib/runtime/captures-input.ts';
import { readContact } from '../lib/runtime/contact-input.ts';
import { reasonOfChange } from '../lib/runtime/fault-reason.ts';
import {
  callMessage,
  contactMessage,
  permissionMessage,
  reasonMessage,
  warningsMessage,
} from '../lib/runtime/messages.ts';
import { number, text } from '../lib/runtime/node-config.ts';
import { asText, evaluateProperty } from '../lib/runtime/property.ts';
import { ReportableError, toReportable } from '../lib/runtime/reportable-error.ts';

const TYPE = 'wa-call-initiate';
const SHAPE = {
  contact: text('contact'),
  contactType: text('msg'),
  purpose: text('purpose'),
  purposeType: text('msg'),
  ringSeconds: number(45, { min: 5, max: 300 }),
  maxSeconds: number(3600, { min: 0, max: 86_400 }),
  data: text(),
  dataType: text('json'),
  ...CAPTURE_SHAPE,
};

/** Calls a person. Outputs: answered, ended (once per placed call), needs permission, blocked. */
export default function (RED: NodeAPI): void {
  function InitiateCall(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    setUpCallNode(RED, this, config, SHAPE, {
      input: async ({ settings, account, status }, msg, send) => {
        const look = (name: 'contact' | 'purpose' | 'data'): Promise<unknown> =>
          evaluateProperty(RED, this, msg, { value: settings[name], type: settings[`${name}Type`] }, name);
        const who = readContact(await look('contact'));
        if ('reason' in who) {
          status.show('waiting', 'blocked');
          return send([null, null, null, { ...msg, reason: reasonMessage(who.reason) }]);
        }
        const purpose = asText(await look('purpose'));
        const data = readCallData(await look('data'));
        const captures = readCaptures(settings, { purpose, contact: who.contact });
        const switchboard = await account.switchboard();
        // Events of the call may come before `place` returns: the ticket must be known by then.
        const ticket = randomUUID();
        callTickets.open(ticket, { nodeId: this.id, message: RED.util.cloneMessage(msg), state: 'placing' });
        showCalls(status, callTickets.of(this.id));
        const result = await switchboard
          .place({
            contact: who.contact,
            purpose,
            ringSeconds: settings.ringSeconds,
            maxSeconds: settings.maxSeconds,
            ...(captures !== undefined && { captures }),
            origin: { nodeId: this.id, data: { ticket, ...(data !== undefined && { data }) } },
          })
          .catch((error: unknown) => {
            callTickets.close(ticket);
            throw error;
          });
        if (result.outcome === 'placed') {
          // The ticket stays: the call may exist, and its end will be told.
          if (result.doubt !== undefined) throw inDoubt(result.doubt);
          return;
        }
        callTickets.close(ticket);
        status.show('waiting', result.outcome);
        const permission = result.permission && {
          permission: permissionMessage(
            result.permission,
            await account.possibilities(result.contact, result.permission),
          ),
        };
        const answer = {
          ...msg,
          contact: contactMessage(result.contact),
          ...permission,
          reason: reasonMessage(result.reason),
        };
        send(result.outcome === 'needs_permission' ? [null, null, answer, null] : [null, null, null, answer]);
      },
      listen: ({ account, status }) =>
        account.relay.onCall((change) => {
          const origin = readOrigin(change.origin);
          if (origin?.nodeId !== this.id) return;
          const ticket = callTickets.get(origin.ticket);
          if (ticket) {
            ticket.callId = change.call.id;
            ticket.state = change.call.state;
          }
          if (change.event === 'answered' || change.event === 'ended') {
            const answer: NodeMessage = {
              ...(ticket ? RED.util.cloneMessage(ticket.message) : {}),
              contact: contactMessage(change.call.contact),
              call: callMessage(change.call),
              ...(origin.data !== undefined && { data: origin.data }),
              ...reasonOfChange(change),
              ...warningsMessage(change.warnings),
            };
            this.send(change.event === 'answered' ? [answer, null, null, null] : [null, answer, null, null]);
          }
          if (change.event === 'ended') callTickets.close(origin.ticket);
          showCalls(status, callTickets.of(this.id), change.call);
        }),
      atRest: ({ status }) => showCalls(status, callTickets.of(this.id)),
    });
  }
  RED.nodes.registerType(TYPE, InitiateCall);
}

/** People who handle the error must not place the call again: the phone may be ringing. */
function inDoubt(error: unknown): ReportableError {
  const { code, message, reason } = toReportable(error);
  return new ReportableError(
    code,
    `${message} The call may have been placed all the same and counts against the limits. Do not place it again; the output "ended" will tell what became of it.`,
    reason,
  );
}
