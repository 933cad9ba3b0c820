import { checkSettings, type ProviderSettings } from '../provider/meta/settings.ts';
import { signatureOf } from '../provider/meta/signature.ts';
import { createGraphReader, type ReplyTime } from './graph-reader.ts';
import type { Subject, WebhookSubject } from './subject.ts';
import { sendWebRequest } from './web-request.ts';

/** What is known of a set-up: settings as for the number itself, and where its parts are. */
export interface SetUp {
  provider: ProviderSettings;
  /** Digits. */
  businessPhone: string;
  webhook: Pick<WebhookSubject, 'path' | 'httpNodeAuth' | 'httpDisabled'> &
    Partial<Pick<WebhookSubject, 'localUrl' | 'publicUrl' | 'watch' | 'received' | 'send'>>;
  media?: Subject['media'];
  store?: Subject['store'];
  now?: () => number;
}

/**
 * Makes of a set-up what can be examined. Credentials stay in closures.
 * @throws ProviderError `provider_settings_invalid` with a sentence per field
 */
export function createSubject({ provider, businessPhone, webhook, media, store = {}, now = Date.now }: SetUp): Subject {
  const { profile, appSecrets, verifyToken } = checkSettings(provider);
  const replies: ReplyTime[] = [];
  const options = { onReply: (time: ReplyTime) => void replies.push(time), now };
  const [secret] = appSecrets;
  // Only Meta and its simulator know the app: the secret of another provider must not travel to anybody.
  const knowsApps = secret !== undefined && (provider.profile === 'meta' || provider.profile === 'simulator');
  return {
    provider: provider.profile,
    businessPhone,
    phoneNumberId: provider.phoneNumberId,
    ...(provider.wabaId ? { wabaId: provider.wabaId } : {}),
    ...(provider.apiVersion ? { apiVersion: provider.apiVersion } : {}),
    graph: createGraphReader(provider, options),
    ...(knowsApps && {
      appGraph: (appId: string) => createGraphReader(provider, { ...options, as: `${appId}|${secret}` }),
    }),
    webhook: {
      send: sendWebRequest,
      ...webhook,
      hasAppSecret: secret !== undefined,
      ...(verifyToken === undefined ? {} : { verifyToken }),
      sign: (body, broken = false) => ({
        [profile.webhook.header]: signatureOf(
          body,
          profile.webhook,
          broken ? 'a secret that nobody has' : (secret ?? ''),
        ),
      }),
    },
    ...(media === undefined ? {} : { media }),
    store,
    replies: () => replies,
    now,
  };
}
