import type { Instant } from '../../permission/model.ts';
import type { NumberSettings, SettingsChanged } from '../calling-settings.ts';
import type { HttpClient } from '../http.ts';
import { ProviderError } from '../provider.ts';
import { differingPaths, settingPaths } from '../settings-difference.ts';
import { mergeSettings } from '../settings-merge.ts';
import { readPatch } from '../settings-patch.ts';
import { transportError } from '../transport-error.ts';
import { readSettingsReply, type SettingsRead } from './read-calling-settings.ts';
import { readConfirmation } from './replies.ts';
import { groupsToWrite } from './write-calling-settings.ts';

/**
 * The call settings of a number at Meta, `GET | POST /{number}/settings`. Meta has no version to write against, so a
 * change reads directly before it writes, writes only the groups that it is about, and reads back what came of it.
 *
 * @param path of the settings, below the base address
 */
export function numberSettings(http: HttpClient, path: string, now: () => Instant): NumberSettings {
  /** Two changes of ours at once would each write the other's group from before. */
  let last: Promise<unknown> = Promise.resolve();

  async function get(signal?: AbortSignal): Promise<SettingsRead> {
    return readSettingsReply(
      await http.send({ method: 'GET', path, retry: 'idempotent', ...(signal ? { signal } : {}) }),
    );
  }

  async function change(value: unknown, signal?: AbortSignal): Promise<SettingsChanged> {
    const read = readPatch(value);
    if ('mistakes' in read) throw invalid(read.mistakes);
    const { patch } = read;
    const before = await get(signal);
    const { settings: wanted, mistakes, droppedHolidays } = mergeSettings(before.settings, patch, now());
    if (mistakes.length > 0) throw invalid(mistakes);
    const asked = new Set(differingPaths(before.settings, wanted));
    const groups = groupsToWrite(before.raw, wanted, asked);
    if (Object.keys(groups).length === 0) {
      return { settings: before.settings, changes: [], notApplied: [], droppedHolidays: [] };
    }
    let doubt: ProviderError | undefined;
    try {
      const body = { calling: groups };
      readConfirmation(
        await http.send({ method: 'POST', path, body, retry: 'when_unsent', ...(signal ? { signal } : {}) }),
      );
    } catch (error) {
      if (!(error instanceof ProviderError) || error.outcome !== 'unknown') throw error;
      doubt = error;
    }
    const after = await get(signal).catch((error: unknown) => {
      throw doubt ?? error;
    });
    const [were, want, are] = [settingPaths(before.settings), settingPaths(wanted), settingPaths(after.settings)];
    const missing = differingPaths(wanted, after.settings).filter((path) => asked.has(path));
    // The answer was lost, and what the number has now tells whether the change got through.
    if (doubt !== undefined && missing.length > 0) throw doubt;
    return {
      settings: after.settings,
      changes: differingPaths(before.settings, after.settings).map((path) => ({
        path,
        before: were.get(path),
        after: are.get(path),
        asked: asked.has(path),
      })),
      notApplied: missing.map((path) => ({ path, wanted: want.get(path), found: are.get(path) })),
      droppedHolidays,
    };
  }

  return {
    read: async (signal) => (await get(signal)).settings,
    change: (patch, signal) => {
      const turn = last.then(() => change(patch, signal));
      last = turn.catch(() => {});
      return turn;
    },
  };
}

function invalid(mistakes: string[]): ProviderError {
  return transportError('provider_input_invalid', 'not_sent', {
    text: `The settings cannot be changed like this: ${mistakes.slice(0, 10).join('; ')}.`,
    nextStep: 'Correct what is named. Nothing was changed.',
  });
}
