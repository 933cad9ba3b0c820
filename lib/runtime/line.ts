import { createHash } from 'node:crypto';
import { openLedger } from '../ledger/open.ts';
import { sharedMediaEngine } from '../media/engine.ts';
import { findProfile } from '../permission/rules.ts';
import { createProvider } from '../provider/meta/create.ts';
import { createSwitchboard } from '../switchboard/create.ts';
import type { Log } from '../switchboard/deps.ts';
import type { Switchboard } from '../switchboard/switchboard.ts';
import type { WebhookAccount } from '../webhook/endpoint.ts';
import type { LineSettings } from './account-settings.ts';
import type { StoreSettings } from './store-settings.ts';

/** How a line is put together. */
export interface LinePlan {
  line: LineSettings;
  store: StoreSettings;
  webhookPath: string;
}

interface Surroundings {
  log: Log;
  /** Where recordings and transcripts of the provider are put. */
  recordings: string;
  /** Opens the webhook for the line; returns what closes it. */
  listen(account: WebhookAccount): () => void;
}

/** A short text that is equal for equal plans and tells nothing of the secrets in them. */
export function fingerprintOf(plan: LinePlan): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex');
}

/**
 * Opens a line: ledger, provider, media, switchboard and webhook of one business number, not started yet. Closing the
 * switchboard closes what was opened with it.
 *
 * @throws LedgerError, ProviderError, ReportableError; nothing stays open then
 */
export async function openLine(
  { line, store }: LinePlan,
  { log, listen, recordings }: Surroundings,
): Promise<Switchboard> {
  const provider = createProvider(line.provider);
  const { ledger, owner, release } = await openLedger(store);
  const { businessNumber, legOptions, optOut, liveCheck, announceRecordings } = line;
  try {
    const switchboard = createSwitchboard({
      businessNumber,
      ledger,
      provider,
      media: sharedMediaEngine(),
      legOptions,
      optOut,
      liveCheck,
      announceRecordings,
      recordings,
      profile: findProfile(store.profile, store.overrides),
      owner,
      now: Date.now,
      log,
    });
    const hangUpWebhook = listen({
      businessNumberId: businessNumber.id,
      phone: businessNumber.phone,
      provider,
      append: (events) => ledger.append(events),
      handle: (appended) => switchboard.handle(appended),
      note: (text) => log('warn', text),
    });
    const close: Switchboard['close'] = async (cause, graceMs) => {
      try {
        // The webhook stays open until here: it brings the end of the calls.
        await switchboard.close(cause, graceMs);
      } finally {
        hangUpWebhook();
        await release();
      }
    };
    return { ...switchboard, close };
  } catch (error) {
    await release();
    throw error;
  }
}
