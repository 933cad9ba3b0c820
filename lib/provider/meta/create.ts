import { download } from '../download.ts';
import { metaError } from '../error-table.ts';
import { createHttpClient, type HttpCall, type HttpOptions, pause } from '../http.ts';
import type { Provider } from '../provider.ts';
import { transportError } from '../transport-error.ts';
import { notAnswerable, saysInProgress, saysOver } from './call-state-errors.ts';
import { management } from './management.ts';
import { mediaAddress } from './media-address.ts';
import { parseWebhook } from './parse.ts';
import {
  readCallReply,
  readConfirmation,
  readErrorReply,
  readMediaReply,
  readMessageReply,
  readPermissionReply,
} from './replies.ts';
import { acceptance, addressee, connect, ending, permissionRequest, textMessage } from './requests.ts';
import { checkSettings, type ProviderSettings } from './settings.ts';
import { signatureFits, textsEqual } from './signature.ts';
import { readTranscript } from './transcript.ts';

export type { ProfileName } from './profile.ts';
export type { ProfileOverrides, ProviderSettings } from './settings.ts';

/** For tests: time and chance of the HTTP client. */
export type ProviderSeams = Pick<HttpOptions, 'sleep' | 'random' | 'now'>;

/**
 * A provider that speaks Meta's JSON: Meta itself, the simulator, 360dialog, Kapso, or any other proxy by `overrides`.
 * The credentials live in this closure and nowhere on the object.
 * @throws ProviderError `provider_settings_invalid` with a sentence per field
 */
export function createProvider(settings: ProviderSettings, seams: ProviderSeams = {}): Provider {
  const checked = checkSettings(settings);
  const { profile, baseUrl, phoneNumberId, accessToken, appSecrets, verifyToken, timeoutMs } = checked;
  const now = seams.now ?? Date.now;
  const http = createHttpClient({
    baseUrl,
    headers: { [profile.authHeader]: profile.authPrefix + accessToken },
    secrets: [accessToken, ...appSecrets, ...(verifyToken !== undefined ? [verifyToken] : [])],
    timeoutMs,
    readError: readErrorReply,
    explain: metaError,
    ...seams,
  });
  const pathOf = (name: keyof typeof profile.paths, contact = ''): string =>
    profile.paths[name].replaceAll('{number}', phoneNumberId).replaceAll('{contact}', encodeURIComponent(contact));
  const post = (
    name: 'calls' | 'messages',
    body: object,
    retry: HttpCall['retry'],
    signal?: AbortSignal,
  ): Promise<unknown> => http.send({ method: 'POST', path: pathOf(name), body, retry, ...(signal ? { signal } : {}) });

  return {
    name: settings.profile,
    capabilities: {
      media: 'webrtc',
      freeformRequest: true,
      templateRequest: true,
      queryPermission: true,
      placeCall: true,
      answerCall: true,
      terminateCall: true,
      captures: true,
    },
    async requestPermission(request, signal) {
      return readMessageReply(await post('messages', permissionRequest(request), 'when_unsent', signal));
    },
    async queryPermission(contact, signal) {
      const address = addressee(contact);
      const value = 'to' in address ? address.to : address.recipient;
      const inPath = profile.paths.permissions.includes('{contact}');
      const query = 'to' in address ? { user_wa_id: value } : { recipient: value };
      const reply = await http.send({
        method: 'GET',
        path: pathOf('permissions', value),
        ...(inPath ? {} : { query }),
        retry: 'idempotent',
        ...(signal ? { signal } : {}),
      });
      return readPermissionReply(reply);
    },
    async placeCall(call, signal) {
      return readCallReply(await post('calls', connect(call), 'never', signal));
    },
    async answerCall(callId, answer, options) {
      try {
        readConfirmation(await post('calls', acceptance(callId, answer, options), 'never'));
      } catch (error) {
        throw notAnswerable(error);
      }
    },
    async rejectCall(callId) {
      try {
        readConfirmation(await post('calls', ending(callId, 'reject'), 'idempotent'));
      } catch (error) {
        if (!saysOver(error) || saysInProgress(error)) throw error;
      }
    },
    async terminateCall(callId, signal) {
      try {
        readConfirmation(await post('calls', ending(callId, 'terminate'), 'idempotent', signal));
      } catch (error) {
        if (!saysOver(error)) throw error;
      }
    },
    async sendText(contact, text) {
      const { requestId } = readMessageReply(await post('messages', textMessage(contact, text), 'when_unsent'));
      return { messageId: requestId };
    },
    downloadMedia(media, sink, { most, signal }) {
      const abortable = signal === undefined ? {} : { signal };
      return download({
        ...{ http, sink, most, now, sleep: seams.sleep ?? pause, random: seams.random ?? Math.random, ...abortable },
        ...(media.sha256 === undefined ? {} : { sha256: media.sha256 }),
        locate: async () => {
          const path = profile.paths.media.replaceAll('{media}', encodeURIComponent(media.id));
          const located = readMediaReply(await http.send({ method: 'GET', path, retry: 'idempotent', ...abortable }));
          return { ...located, url: mediaAddress(located.url, baseUrl, profile.media) };
        },
      });
    },
    readTranscript,
    ...management(http, checked, now),
    verifyWebhook(request) {
      return signatureFits(request, profile.webhook, appSecrets);
    },
    verifySubscription(query) {
      const challenge = query['hub.challenge'];
      const token = query['hub.verify_token'];
      if (verifyToken === undefined || query['hub.mode'] !== 'subscribe') return undefined;
      if (typeof token !== 'string' || !textsEqual(token, verifyToken)) return undefined;
      // Meta sends digits. What comes back is echoed to whoever asks, so only harmless characters are.
      return typeof challenge === 'string' && /^[\w.-]{1,256}$/.test(challenge) ? challenge : undefined;
    },
    parseWebhook(rawBody) {
      try {
        return parseWebhook(rawBody, now());
      } catch {
        throw transportError('provider_input_invalid', 'not_sent', {
          text: 'The webhook’s body is not JSON that can be read.',
          nextStep: 'Check that nothing between the provider and Node-RED changes the body.',
        });
      }
    },
  };
}
