import type { StoredTemplate, TemplateChange, TemplateDraft } from '../template/template.ts';
import type { ProviderEvent } from './event.ts';

/** The message templates of a business account. Failures are `ProviderError`. */
export interface ProviderTemplates {
  /** Submits for review. @throws ProviderError with provider code 100 if there is one of this name and language already */
  create(draft: TemplateDraft): Promise<{ id?: string; status: string; category?: string }>;
  /** @param query `name`: only templates of exactly this name */
  list(query?: { name?: string }, signal?: AbortSignal): Promise<StoredTemplate[]>;
  /** @param id only the version with this id, and not all languages of the name */
  remove(name: string, id?: string): Promise<void>;
  /** What an event tells about a template; undefined if it tells of something else. Never throws. */
  changeIn(event: ProviderEvent): TemplateChange | undefined;
}
