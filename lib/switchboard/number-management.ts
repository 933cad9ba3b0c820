import type { CallingSettings, SettingsChanged } from '../provider/calling-settings.ts';
import type { StoredTemplate, TemplateChange, TemplateDraft } from '../template/template.ts';

/** What a switchboard does at the provider besides asking and calling: call settings of the number, templates of its account. */
export interface NumberManagement {
  /**
   * Call settings of the number, as the provider has them now. A restriction of our calls in them blocks calls from then on.
   * @throws ProviderError
   */
  readSettings(): Promise<CallingSettings>;
  /** See `NumberSettings.change`. @throws ProviderError */
  changeSettings(patch: unknown): Promise<SettingsChanged>;
  /** Submits a template for review. @throws ProviderError */
  createTemplate(draft: TemplateDraft): Promise<{ id?: string; status: string; category?: string }>;
  /** @throws ProviderError */
  listTemplates(query?: { name?: string; language?: string }): Promise<StoredTemplate[]>;
  /** Deletes a template in one language or in all. @returns how many versions there were @throws ProviderError */
  removeTemplate(name: string, language?: string): Promise<number>;
  /** Reviews that are over, and templates that WhatsApp paused, disabled or allowed again. */
  onTemplate(listener: (change: TemplateChange) => void): () => void;
}
