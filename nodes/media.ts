import { isAbsolute, join } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { readCallId } from '../lib/runtime/call-id.ts';
import { setUpCallNode } from '../lib/runtime/call-node.ts';
import { currentInstance, instances } from '../lib/runtime/instances.ts';
import { feed } from '../lib/runtime/live-media.ts';
import { type MediaSettings, recordingFolder, SHAPE, startMedia } from '../lib/runtime/media-action.ts';
import { mediaTasks } from '../lib/runtime/media-tasks.ts';
import { evaluateProperty } from '../lib/runtime/property.ts';
import { callOfFile } from '../lib/runtime/recorded-call.ts';
import { recoverLeftRecordings } from '../lib/runtime/recording-recovery.ts';
import { ReportableError, toReportable } from '../lib/runtime/reportable-error.ts';
import type { Status } from '../lib/runtime/status.ts';
import { userFolder } from '../lib/runtime/user-folder.ts';

const TYPE = 'wa-call-media';

/**
 * Plays, records, pauses recordings, bridges to RTP, streams, collects digits, listens for speech, or stops that. Outputs: done; stream (what
 * comes while it runs: sound, digits, speech, how to reach a bridge).
 */
export default function (RED: NodeAPI): void {
  function Media(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const secrets = { ...(this.credentials as { agentToken?: string } | undefined) };
    // Whatever shows a node must not show its token.
    delete (this as { credentials?: unknown }).credentials;
    const rest = (status: Status, settings: MediaSettings): void => {
      if (mediaTasks.count(this.id) > 0) status.show('connected', settings.action);
      else status.clear();
    };
    const recordings = join(userFolder(RED.settings), 'whatsapp-calling', 'recordings');
    setUpCallNode(RED, this, config, SHAPE, {
      listen: ({ settings, account }) => {
        if (settings.action === 'record' && (settings.folder === '' || isAbsolute(settings.folder)))
          recoverLeftRecordings(recordingFolder(settings, recordings), (files) => {
            this.warn(RED._(`${TYPE}.warning.recovered`, { count: String(files.length), files: files.join(', ') }));
            account.switchboard().then(
              (switchboard) => {
                for (const file of files) {
                  const callId = callOfFile(file);
                  if (callId !== undefined) void switchboard.noteRecording(callId, { file });
                }
              },
              // A number that does not come up says so itself.
              () => undefined,
            );
          });
        return () => undefined;
      },
      atRest: ({ status, settings }) => rest(status, settings),
      input: async ({ settings, account, status }, msg, send) => {
        const look = (value: string, type: string, name: string): Promise<unknown> =>
          evaluateProperty(RED, this, msg, { value, type }, name);
        const callId = readCallId(await look(settings.call, settings.callType, 'call'));
        if (settings.action === 'stop') {
          const stopped = await mediaTasks.stop(callId, settings.target);
          return send([{ ...msg, media: { action: 'stop', stopped } }, null]);
        }
        if (settings.action === 'pause' || settings.action === 'resume') {
          const changed = await mediaTasks.pause(callId, settings.action);
          return send([{ ...msg, media: { action: settings.action, recordings: changed } }, null]);
        }
        if (settings.action === 'stream') {
          const running = mediaTasks.stream(callId, this.id);
          const told = running && (await feed(running, msg));
          if (told) return send([null, { topic: told.event, call: { id: callId }, media: told } as NodeMessage]);
          if (!running && msg.payload instanceof Uint8Array)
            throw new ReportableError(
              'stream_missing',
              'There is no stream on this call to say this. Open one first: a message without sound does so.',
            );
        }
        const switchboard = await account.switchboard();
        const leg = switchboard.leg(callId);
        const call = { ...switchboard.call(callId), id: callId };
        // Of the node's newest instance: a deploy may have replaced this one.
        const emit = (told: Record<string, unknown>): void =>
          instances.get(this.id)?.send([null, { ...told, call: { id: callId } } as NodeMessage]);
        const task = await startMedia(settings, leg, call, {
          ...{ look, recordings, secrets, emit },
          announced: () => switchboard.announced(callId),
          checkRecording: () => switchboard.checkRecording(callId),
          // What cannot be written is in the log.
          noteRecording: (recording) => void switchboard.noteRecording(callId, recording),
        });
        mediaTasks.add({ callId, nodeId: this.id, action: settings.action, task });
        rest(status, settings);
        task.started.then(
          (info) => info && send([null, { ...msg, ...info }]),
          () => undefined, // `done` rejects too, and is the one that is reported
        );
        // A deploy may replace this instance while a recording goes on: its successor reports the end.
        const outcome = await task.done.then(
          (result) => ({ result }),
          (error: unknown) => ({ error: toReportable(error) }),
        );
        const now = await currentInstance(this.id, account.lifecycle);
        if (now === this) {
          if ('error' in outcome) throw outcome.error;
          rest(status, settings);
          return send([{ ...msg, ...outcome.result }, null]);
        }
        if ('error' in outcome) now?.error(outcome.error, msg);
        else now?.send([{ ...msg, ...outcome.result }, null]);
      },
    });
  }
  RED.nodes.registerType(TYPE, Media, { credentials: { agentToken: { type: 'password' } } });
}
