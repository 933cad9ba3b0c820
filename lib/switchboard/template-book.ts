import type { Instant, Reason } from '../permission/model.ts';
import type { ProviderTemplates } from '../provider/provider-templates.ts';
import { isSendable, type StoredTemplate } from '../template/template.ts';
import type { Log } from './deps.ts';
import { told } from './patience.ts';

/** How long an answer holds. A template that may not be sent is looked up again soon: its review may be over any minute. */
const GOOD_MS = 10 * 60_000;
const BAD_MS = 15_000;
/** A request waits for the answer this long, then the provider itself judges the template. */
const WAIT_MS = 5_000;
const MOST_KEPT = 500;

interface Entry {
  versions: StoredTemplate[];
  at: Instant;
}

/** What each state of a template means for who wants to send it. */
const STATES: Readonly<Record<string, string>> = {
  pending: 'is still being reviewed by WhatsApp',
  in_appeal: 'was rejected and is being reviewed again',
  rejected: 'was rejected by WhatsApp',
  paused: 'is paused by WhatsApp because people reported or ignored it',
  disabled: 'was disabled by WhatsApp for good',
  limit_exceeded: 'is one template more than the account may have',
  pending_deletion: 'is being deleted',
  deleted: 'was deleted',
  archived: 'is archived',
};

/**
 * Remembers the state of templates, so that a request with one that is not approved, or that grants nothing, is refused
 * before it leaves: at WhatsApp it would fail, or worse, be delivered and bring nothing.
 */
export class TemplateBook {
  readonly #templates: ProviderTemplates | undefined;
  readonly #now: () => Instant;
  readonly #log: Log;
  readonly #known = new Map<string, Entry>();
  readonly #asking = new Map<string, Promise<Entry | undefined>>();
  #fails = false;

  constructor(templates: ProviderTemplates | undefined, now: () => Instant, log: Log) {
    this.#templates = templates;
    this.#now = now;
    this.#log = log;
  }

  /** Something changed: everything is looked up again. */
  forget(): void {
    this.#known.clear();
    this.#asking.clear();
  }

  /**
   * Why a template cannot be sent as a permission request. Undefined: it can, or it could not be found out; the
   * provider then judges it. Never throws.
   */
  async refusal(name: string, language: string, signal: AbortSignal): Promise<Reason | undefined> {
    if (this.#templates === undefined) return undefined;
    const known = this.#known.get(name);
    const found = known === undefined ? undefined : judge(name, language, known.versions);
    const keep = found === undefined ? GOOD_MS : BAD_MS;
    const age = known === undefined ? Number.POSITIVE_INFINITY : this.#now() - known.at;
    if (known !== undefined && age >= 0 && age < keep) return found;
    const fresh = await this.#ask(this.#templates, name, signal);
    return fresh === undefined ? found : judge(name, language, fresh.versions);
  }

  #ask(templates: ProviderTemplates, name: string, signal: AbortSignal): Promise<Entry | undefined> {
    const running = this.#asking.get(name);
    if (running !== undefined) return running;
    const asking = this.#look(templates, name, AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)])).finally(() => {
      if (this.#asking.get(name) === asking) this.#asking.delete(name);
    });
    this.#asking.set(name, asking);
    return asking;
  }

  async #look(templates: ProviderTemplates, name: string, signal: AbortSignal): Promise<Entry | undefined> {
    try {
      const entry = { versions: await templates.list({ name }, signal), at: this.#now() };
      this.#known.delete(name);
      this.#known.set(name, entry);
      for (const oldest of this.#known.keys()) {
        if (this.#known.size <= MOST_KEPT) break;
        this.#known.delete(oldest);
      }
      this.#fails = false;
      return entry;
    } catch (error) {
      // Once until it works again: every request of a campaign would say it.
      if (!this.#fails) this.#log('warn', `The state of a template could not be asked: ${told(error)}`);
      this.#fails = true;
      return undefined;
    }
  }
}

function judge(name: string, language: string, versions: StoredTemplate[]): Reason | undefined {
  const quoted = `“${name.slice(0, 60)}”`;
  const template = versions.find((one) => one.language === language);
  if (template === undefined) {
    const others = versions.map((one) => one.language).join(', ');
    return {
      code: 'template_not_approved',
      text: `There is no template ${quoted} in ${language} in this business account.`,
      nextStep:
        others === ''
          ? 'Check the name, or create the template and wait until WhatsApp has approved it.'
          : `Choose a language that it has (${others.slice(0, 100)}), exactly as written.`,
    };
  }
  if (!isSendable(template.status)) {
    const why = template.reason === undefined ? '' : ` (${template.reason.slice(0, 200)})`;
    return {
      code: 'template_not_approved',
      text: `The template ${quoted} ${STATES[template.status] ?? `has the state ${template.status}`}${why}.`,
      nextStep:
        template.status === 'pending'
          ? 'Wait until it is approved; most reviews take minutes, some a day.'
          : 'Use another template that is approved, or change this one and submit it again.',
    };
  }
  if (!template.asksPermission) {
    const [button] = template.quickReplies;
    return {
      code: 'template_grants_nothing',
      text: `The template ${quoted} does not hold WhatsApp’s call permission request, so no answer to it grants permission${
        button === undefined ? '' : `, also not a press on “${button.slice(0, 25)}”`
      }.`,
      nextStep: 'Use a template with the call permission request.',
    };
  }
  return undefined;
}
