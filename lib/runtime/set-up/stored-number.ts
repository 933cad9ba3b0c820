import { dirname } from 'node:path';
import { createSubject } from '../../doctor/create-subject.ts';
import { lookAtDisk } from '../../doctor/disk.ts';
import type { Subject } from '../../doctor/subject.ts';
import { inspectMedia } from '../../media/doctor/inspect-media.ts';
import { type AccountSecrets, cloudLine, readAccountSettings } from '../account-settings.ts';
import { ReportableError } from '../reportable-error.ts';
import { defaultStore, readStoreSettings } from '../store-settings.ts';
import type { StoredNode, StoredSettings } from './user-directory.ts';

/**
 * The number to look at: the only one, or the one of this id or name.
 * @throws ReportableError `number_unknown` naming what there is
 */
export function chooseNumber(nodes: readonly StoredNode[], wanted: string | undefined): StoredNode {
  const numbers = nodes.filter(({ type }) => type === 'wa-call-config');
  const found = wanted === undefined ? numbers : numbers.filter(({ id, name }) => id === wanted || name === wanted);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const list = numbers.map(({ id, name }) => (name ? `${name} (${id})` : id)).join(', ');
  throw new ReportableError(
    'number_unknown',
    numbers.length === 0
      ? 'The flows have no WhatsApp number. Give the settings as options instead; --help lists them.'
      : `Which number? Choose one with --config: ${list}.`,
  );
}

/**
 * A number of a flow file as something to examine. The store is looked at from outside: Node-RED may have it open.
 * @throws ReportableError `config_invalid`, ProviderError `provider_settings_invalid`
 */
export function storedSubject(
  number: Record<string, unknown>,
  secrets: AccountSecrets,
  around: { nodes: readonly StoredNode[]; settings: StoredSettings; userDir?: string; publicUrl?: string },
): Subject {
  const { nodes, settings: http, userDir, publicUrl } = around;
  const settings = readAccountSettings(number);
  if (settings.provider === 'simulator')
    throw new ReportableError(
      'simulator_inside',
      'This number uses the simulator inside Node-RED. Check it there: double-click the number and press "Check set-up".',
    );
  const line = cloudLine(settings, secrets);
  const root = http.httpNodeRoot ?? http.httpRoot;
  const storeNode = nodes.find(({ id }) => id === settings.store);
  const store =
    userDir === undefined
      ? undefined
      : storeNode === undefined
        ? defaultStore(userDir)
        : readStoreSettings(storeNode, userDir, storeNode.credentials);
  return createSubject({
    provider: line.provider,
    businessPhone: line.businessNumber.phone,
    webhook: {
      path: `${root || ''}/${settings.webhookPath}`.replace(/\/{2,}/g, '/'),
      httpNodeAuth: Boolean(http.httpNodeAuth),
      httpDisabled: root === false,
      ...(publicUrl === undefined ? {} : { publicUrl }),
    },
    media: () => inspectMedia(line.legOptions),
    store:
      store?.engine === 'sqlite' && store.path !== ':memory:' ? { disk: () => lookAtDisk(dirname(store.path)) } : {},
  });
}
