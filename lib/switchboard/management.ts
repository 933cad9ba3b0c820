import { ProviderError } from '../provider/provider.ts';
import { transportError } from '../provider/transport-error.ts';
import type { Desk } from './desk.ts';
import { noteRestrictions } from './note-restrictions.ts';
import type { NumberManagement } from './number-management.ts';

/** Call settings of the number and templates of its account, at the provider. */
export function management(desk: Desk): NumberManagement {
  const { provider } = desk.deps;
  const settings = () =>
    provider.settings ?? missing('has no interface for call settings', 'Set them at the provider.');
  const templates = () =>
    provider.templates ??
    missing(
      'has no interface for templates here',
      'Templates belong to the business account: fill in its id in the configuration of the number. Where it is filled in, manage templates at the provider.',
    );
  return {
    readSettings: async () => {
      const read = await settings().read();
      await noteRestrictions(desk, read);
      return read;
    },
    changeSettings: async (patch) => {
      const changed = await settings().change(patch);
      await noteRestrictions(desk, changed.settings);
      return changed;
    },
    createTemplate: async (draft) => {
      const created = await templates().create(draft);
      desk.templates.forget();
      return created;
    },
    listTemplates: async (query = {}) => {
      const list = await templates().list(query.name === undefined ? {} : { name: query.name });
      return query.language === undefined ? list : list.filter(({ language }) => language === query.language);
    },
    removeTemplate: async (name, language) => {
      const known = (await templates().list({ name })).filter(
        (one) => language === undefined || one.language === language,
      );
      if (known.length === 0) return 0;
      if (language === undefined) await templates().remove(name);
      else for (const { id } of known) await templates().remove(name, id);
      desk.templates.forget();
      return known.length;
    },
    onTemplate: (listener) => desk.templateNews.on(listener),
  };
}

function missing(what: string, nextStep: string): never {
  const error = transportError('provider_settings_invalid', 'not_sent', { text: `This provider ${what}.`, nextStep });
  throw error instanceof ProviderError ? error : new Error(what);
}
