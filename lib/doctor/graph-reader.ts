import { metaError } from '../provider/error-table.ts';
import { createHttpClient } from '../provider/http.ts';
import { readErrorReply } from '../provider/meta/replies.ts';
import { checkSettings, type ProviderSettings } from '../provider/meta/settings.ts';
import { ProviderError } from '../provider/provider.ts';

/** A reply of the provider's API, or why there is none. */
export type Answer = { ok: true; body: Record<string, unknown> } | { ok: false; error: ProviderError };
export interface GraphReader {
  /** Never rejects. */
  read(path: string, query?: Record<string, string>): Promise<Answer>;
  /** What the provider knows about the token that asks. Never rejects. */
  readToken(): Promise<Answer>;
}

/** What a reply told beside its body: the other side's clock, between two readings of ours. */
export interface ReplyTime {
  date: string | undefined;
  sentAt: number;
  receivedAt: number;
}

/** Patience with one question. A set-up that is slower than this has a finding of its own. */
const TIMEOUT_MS = 8_000;

/**
 * Reads the provider's API with the number's own credentials. Questions are asked once: the check shows what is, and a
 * check that waits for retries keeps people waiting.
 *
 * @param as replaces the access token (for questions that only the app itself may ask)
 * @throws ProviderError `provider_settings_invalid`
 */
export function createGraphReader(
  settings: ProviderSettings,
  options: { onReply?: (time: ReplyTime) => void; now?: () => number; as?: string } = {},
): GraphReader {
  const { profile, baseUrl, accessToken, appSecrets, verifyToken } = checkSettings(settings);
  const token = options.as ?? accessToken;
  const http = createHttpClient({
    baseUrl,
    headers: { [profile.authHeader]: profile.authPrefix + token },
    secrets: [token, accessToken, ...appSecrets, ...(verifyToken === undefined ? [] : [verifyToken])],
    timeoutMs: Math.min(settings.timeoutMs ?? TIMEOUT_MS, TIMEOUT_MS),
    readError: readErrorReply,
    explain: metaError,
    ...(options.onReply === undefined ? {} : { onReply: options.onReply }),
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  const read: GraphReader['read'] = async (path, query) => {
    try {
      const body = await http.send({ method: 'GET', path, ...(query ? { query } : {}), retry: 'never' });
      return { ok: true, body: typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {} };
    } catch (error) {
      if (error instanceof ProviderError) return { ok: false, error };
      throw error;
    }
  };
  // The token goes to the host that has it anyway; errors carry no address.
  return { read, readToken: () => read('/debug_token', { input_token: token }) };
}
