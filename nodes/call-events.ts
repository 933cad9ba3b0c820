import type { Node, NodeAPI, NodeDef } from 'node-red';
import { z } from 'zod';
import { setUpCallNode } from '../lib/runtime/call-node.ts';
import { readOrigin } from '../lib/runtime/call-origin.ts';
import { reasonOfChange } from '../lib/runtime/fault-reason.ts';
import { callMessage, contactMessage, warningsMessage } from '../lib/runtime/messages.ts';
import { oneOf } from '../lib/runtime/node-config.ts';
import type { Look } from '../lib/runtime/status.ts';
import type { CallChange, Capture } from '../lib/switchboard/switchboard.ts';

const TYPE = 'wa-call-events';
/** A list, or words with commas (as an environment variable holds them); empty means every event. */
const EVENTS = z.preprocess(
  (value) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((word) => word.trim())
          .filter((word) => word !== '')
      : (value ?? []),
  z.array(z.string()),
);

const LOOKS: Record<CallChange['event'], Look> = {
  placed: 'waiting',
  connect: 'waiting',
  ringing: 'ringing',
  accepted: 'connected',
  answered: 'connected',
  rejected: 'idle',
  warning: 'waiting',
  digit: 'connected',
  statistics: 'connected',
  recording: 'idle',
  transcript: 'idle',
  ended: 'idle',
};

/** `msg.recording` or `msg.transcript`: the file, and of a transcript what was said. */
function captureMessage({ kind: _kind, transcript, ...file }: Capture): Record<string, unknown> {
  return { by: 'whatsapp', ...file, ...transcript };
}

/** Emits every event of every call of a number, `msg.topic` naming the event. */
export default function (RED: NodeAPI): void {
  function CallEvents(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    setUpCallNode(
      RED,
      this,
      config,
      { events: EVENTS, direction: oneOf(['any', 'outbound', 'inbound']) },
      {
        listen: ({ settings, account, status }) =>
          account.relay.onCall((change) => {
            if (settings.events.length > 0 && !settings.events.includes(change.event)) return;
            if (settings.direction !== 'any' && settings.direction !== change.call.direction) return;
            const data = readOrigin(change.origin)?.data;
            this.send({
              topic: change.event,
              payload:
                change.digit ??
                change.text ??
                change.media ??
                change.capture?.transcript?.text ??
                change.capture?.file ??
                change.event,
              contact: contactMessage(change.call.contact),
              call: callMessage({ ...change.call, ...(change.media !== undefined && { media: change.media }) }),
              ...(data !== undefined && { data }),
              ...(change.digit !== undefined && { digit: change.digit }),
              ...reasonOfChange(change),
              ...warningsMessage(change.warnings),
              ...(change.capture !== undefined && { [change.capture.kind]: captureMessage(change.capture) }),
            });
            status.show(LOOKS[change.event], change.event);
          }),
      },
    );
  }
  RED.nodes.registerType(TYPE, CallEvents);
}
