import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { readAnswerAction } from '../lib/runtime/answering/action.ts';
import type { OpeningHours } from '../lib/runtime/answering/opening-hours.ts';
import { type AnswerSettings, hoursOf, planFor, SHAPE } from '../lib/runtime/answering/plan.ts';
import { readCallId } from '../lib/runtime/call-id.ts';
import { setUpCallNode } from '../lib/runtime/call-node.ts';
import { showCalls } from '../lib/runtime/call-status.ts';
import { callTickets } from '../lib/runtime/call-tickets.ts';
import { reasonOfChange } from '../lib/runtime/fault-reason.ts';
import { callbackMessage, callMessage, contactMessage } from '../lib/runtime/messages.ts';
import { ownProperty } from '../lib/runtime/own-property.ts';
import { type ReportableError, toReportable } from '../lib/runtime/reportable-error.ts';
import { stand } from '../lib/runtime/stand.ts';
import type { CallChange } from '../lib/switchboard/switchboard.ts';

const TYPE = 'wa-call-answer';
const OUTPUTS = ['ringing', 'answered', 'ended', 'missed'] as const;
type Output = (typeof OUTPUTS)[number];

/** Takes calls of people. Outputs: ringing, answered, ended (once per answered call), missed (once per call nobody answered). */
export default function (RED: NodeAPI): void {
  function AnswerCall(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    let failed = false;
    /** Several nodes may have been offered the same call. */
    const ticketOf = (callId: string): string => `${this.id}/${callId}`;
    setUpCallNode(RED, this, config, SHAPE, {
      input: async ({ account, status }, msg) => {
        const id = readCallId(ownProperty(msg, 'call'));
        const action = readAnswerAction(msg);
        const ticket = callTickets.get(ticketOf(id));
        if (ticket !== undefined) ticket.message = RED.util.cloneMessage(msg);
        const switchboard = await account.switchboard();
        if (action === 'accept') await switchboard.accept(id, { nodeId: this.id });
        else await switchboard.refuse(id, { nodeId: this.id });
        showCalls(status, callTickets.of(this.id), switchboard.call(id));
      },
      listen: ({ settings, account, status }) => {
        const hours = readHours(settings);
        failed = 'wrong' in hours;
        // A node whose hours cannot be read takes no calls: it would answer at night.
        if ('wrong' in hours) this.error(hours.wrong, {});
        const leave =
          'wrong' in hours
            ? () => {}
            : stand(this, account, (switchboard) =>
                switchboard.attend(this.id, {
                  consider: (call) => planFor(settings, hours.hours, call, Date.now()),
                }),
              );
        const stop = account.relay.onCall((change) => {
          const output = outputOf(change, this.id);
          const id = ticketOf(change.call.id);
          if (output === 'ringing') callTickets.open(id, { nodeId: this.id, message: {} as NodeMessage });
          const ticket = callTickets.get(id);
          if (ticket) Object.assign(ticket, { callId: change.call.id, state: change.call.state });
          if (output !== undefined) {
            const answer: NodeMessage = {
              ...(ticket ? RED.util.cloneMessage(ticket.message) : {}),
              topic: output,
              contact: contactMessage(change.call.contact),
              call: callMessage(change.call),
              ...reasonOfChange(change),
              ...(change.refusal !== undefined && { reason: { ...change.refusal } }),
              ...(change.callback !== undefined && { callback: callbackMessage(change.callback) }),
            };
            if (output === 'ringing') answer.payload = 'ringing';
            this.send(OUTPUTS.map((name) => (name === output ? answer : null)));
          }
          if (change.event === 'ended' || isTakenByAnother(change, this.id)) callTickets.close(id);
          if (ticket || output !== undefined) showCalls(status, callTickets.of(this.id), change.call);
        });
        return () => {
          stop();
          leave();
        };
      },
      atRest: ({ status }) => {
        if (failed) status.show('failed', 'bad_config');
        else showCalls(status, callTickets.of(this.id));
      },
    });
  }
  RED.nodes.registerType(TYPE, AnswerCall);
}

/** The hours of a node, or what is wrong with them. */
function readHours(settings: AnswerSettings): { hours: OpeningHours | undefined } | { wrong: ReportableError } {
  try {
    return { hours: hoursOf(settings) };
  } catch (error) {
    return { wrong: toReportable(error) };
  }
}

/** Which output a change belongs to; a call that another node took is that node's. */
function outputOf({ event, call, origin, offeredTo }: CallChange, nodeId: string): Output | undefined {
  const mine = origin === undefined ? offeredTo?.includes(nodeId) === true : origin.nodeId === nodeId;
  if (!mine || call.direction !== 'inbound') return undefined;
  if (event === 'ended') return call.answeredAt === undefined ? 'missed' : 'ended';
  return event === 'ringing' || event === 'answered' ? event : undefined;
}

function isTakenByAnother({ origin, offeredTo }: CallChange, nodeId: string): boolean {
  return origin !== undefined && origin.nodeId !== nodeId && offeredTo?.includes(nodeId) === true;
}
