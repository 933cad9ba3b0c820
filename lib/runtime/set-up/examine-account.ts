import { dirname } from 'node:path';
import type { NodeAPI } from 'node-red';
import { createSubject } from '../../doctor/create-subject.ts';
import { lookAtDisk } from '../../doctor/disk.ts';
import { examine } from '../../doctor/examine.ts';
import { type Finding, fail, unknown, worstFirst } from '../../doctor/finding.ts';
import type { Subject } from '../../doctor/subject.ts';
import { openLedger } from '../../ledger/open.ts';
import { inspectMedia } from '../../media/doctor/inspect-media.ts';
import {
  type AccountSecrets,
  cloudLine,
  type LineSettings,
  readAccountSettings,
  simulatedLine,
} from '../account-settings.ts';
import { loopbackOrigin } from '../loopback-address.ts';
import { toReportable } from '../reportable-error.ts';
import type { RunningSimulator } from '../simulator-lease.ts';
import { defaultStore, type StoreSettings } from '../store-settings.ts';
import { userFolder } from '../user-folder.ts';
import { webhookAt } from '../webhook-hub.ts';

/** What is known of a number's config node, whether or not it could be started. */
export interface AccountParts {
  RED: Pick<NodeAPI, 'settings' | 'server' | 'httpNode'>;
  config: unknown;
  secrets: AccountSecrets;
  store(): StoreSettings | 'missing' | undefined;
  /** The simulator, if the number uses it and it runs. */
  simulator: RunningSimulator | undefined;
  /** Why the number could not be started. */
  failure: Error | undefined;
}

/**
 * Examines the set-up of a number in this Node-RED.
 *
 * @param publicUrl webhook address as the world sees it, where the provider does not tell it
 * @returns findings, worst first; never rejects
 */
export async function examineAccount(parts: AccountParts, publicUrl?: string): Promise<Finding[]> {
  const { failure } = parts;
  const started =
    failure === undefined
      ? []
      : [
          fail(
            'number_not_started',
            'The number could not be started.',
            failure.message,
            'Correct what the sentence above names, and deploy.',
          ),
        ];
  try {
    const subject = await subjectOf(parts, publicUrl);
    if ('level' in subject) return worstFirst([...started, subject]);
    return worstFirst([...started, ...(await examine(subject))]);
  } catch (error) {
    // Settings that cannot be used at all: there is nobody to ask.
    return [
      fail(
        'settings_invalid',
        'The settings of the number cannot be used.',
        toReportable(error).message,
        'Open the number’s configuration, correct it, and deploy.',
      ),
    ];
  }
}

async function subjectOf(parts: AccountParts, publicUrl: string | undefined): Promise<Subject | Finding> {
  const { RED, config, secrets, simulator } = parts;
  const http = RED.settings as { httpNodeRoot?: string | false; httpNodeAuth?: unknown };
  const settings = readAccountSettings(config);
  if (settings.provider === 'simulator' && simulator === undefined)
    return unknown(
      'simulator_not_running',
      'The simulator does not run yet.',
      'It starts when the number is deployed.',
      'Run the check again in some seconds.',
    );
  const line: LineSettings =
    simulator === undefined ? cloudLine(settings, secrets) : simulatedLine(settings, simulator);
  const path = `${http.httpNodeRoot || ''}/${settings.webhookPath}`.replace(/\/{2,}/g, '/');
  const endpoint = webhookAt(RED.httpNode, settings.webhookPath);
  return createSubject({
    provider: line.provider,
    businessPhone: line.businessNumber.phone,
    webhook: {
      path,
      httpNodeAuth: Boolean(http.httpNodeAuth),
      httpDisabled: http.httpNodeRoot === false,
      localUrl: `${await loopbackOrigin(RED.server, RED.settings)}${path}`,
      ...(publicUrl ? { publicUrl } : {}),
      watch: (mark, seen) => endpoint?.watch(mark, seen) ?? (() => undefined),
      ...(endpoint && {
        received: () => ({ ...endpoint.statistics(), handshakesRefused: endpoint.handshakesRefused() }),
      }),
    },
    media: () => inspectMedia(line.legOptions),
    store: storeOf(parts),
  });
}

function storeOf({ RED, store }: AccountParts): Subject['store'] {
  const settings = store() ?? defaultStore(userFolder(RED.settings));
  if (settings === 'missing') return {};
  const isFile = settings.engine === 'sqlite' && settings.path !== ':memory:';
  return {
    ...(isFile && { disk: () => lookAtDisk(dirname(settings.path)) }),
    health: async () => {
      const lease = await openLedger(settings);
      try {
        return await lease.ledger.health();
      } finally {
        await lease.release();
      }
    },
  };
}
