import { randomInt } from 'node:crypto';
import { SimulatorError } from './simulator-error.ts';
import type { WebhookTarget } from './state.ts';

/**
 * Meta's check of a webhook address: GET with `hub.mode`, `hub.challenge` and `hub.verify_token`; the challenge has to
 * come back with 200 (Create webhook endpoint, 21 April 2026).
 *
 * @throws SimulatorError `webhook_url_invalid`, `webhook_unreachable` or `webhook_refused`
 */
export async function handshake(target: WebhookTarget): Promise<void> {
  const url = webhookUrl(target.url);
  const challenge = String(randomInt(1_000_000_000, 2_000_000_000));
  url.searchParams.set('hub.mode', 'subscribe');
  url.searchParams.set('hub.challenge', challenge);
  url.searchParams.set('hub.verify_token', target.verifyToken);
  let status: number;
  let text: string;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000), redirect: 'manual' });
    status = response.status;
    text = (await response.text()).slice(0, 200);
  } catch {
    throw new SimulatorError(
      'webhook_unreachable',
      'The webhook address does not answer.',
      'Start what listens there (Node-RED, deployed), and check host, port and path.',
    );
  }
  if (status !== 200 || text.trim() !== challenge) {
    throw new SimulatorError(
      'webhook_refused',
      `The webhook address did not confirm the subscription (HTTP ${status}${status === 200 ? ', challenge not echoed' : ''}).`,
      'Use the same verify token on both sides, and check that the path is the webhook path of the business.',
    );
  }
}

/** @throws SimulatorError `webhook_url_invalid` */
export function webhookUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new SimulatorError(
      'webhook_url_invalid',
      'The webhook address is not an http or https URL.',
      'Give a whole address such as http://127.0.0.1:1880/whatsapp-calling.',
    );
  }
  return url;
}
