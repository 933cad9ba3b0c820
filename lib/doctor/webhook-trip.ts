import { randomBytes } from 'node:crypto';
import { PROBE_PROOF } from '../provider/probe-proof.ts';
import type { Arrival, WebhookSubject } from './subject.ts';
import type { WebReply } from './web-request.ts';

/** What became of a signed probe. */
export interface Trip {
  reply: WebReply;
  /** As our webhook saw it; absent: it never came. */
  arrival?: Arrival;
  /** The webhook lives in another process: whether it came cannot be seen, only told from the reply to a broken signature. */
  blind?: true;
  /** Reply to the same probe with a signature that fits nothing; asked only when blind. */
  forged?: WebReply;
  /** Bytes that were sent. */
  sent: Buffer;
}

/**
 * Sends a probe to our own webhook, signed as the provider signs. It holds no event, so it changes nothing; but it is
 * written as Meta writes (escaped slashes and letters, odd spacing, a number with a zero), so that whoever takes it apart and
 * puts it together again is found out.
 */
export async function travel(webhook: WebhookSubject, url: string, anyCertificate = false): Promise<Trip> {
  const mark = randomBytes(12).toString('hex');
  const sent = Buffer.from(
    `{"object":"whatsapp_business_account", "entry":[],"probe":"${mark}","text":"caf\\u00e9 \\/ \\ud83d\\ude00","n":1.50}\n`,
    'latin1',
  );
  let arrival: Arrival | undefined;
  const stop = webhook.watch?.(mark, (seen) => {
    arrival ??= seen;
  });
  const post = (broken: boolean): Promise<WebReply> =>
    webhook.send({
      url,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...webhook.sign(sent, broken),
        ...(broken ? { [PROBE_PROOF]: Object.values(webhook.sign(sent)).join() } : {}),
      },
      body: sent,
      anyCertificate,
    });
  try {
    const reply = await post(false);
    const blind = webhook.watch === undefined;
    const forged = blind && 'status' in reply && reply.status === 200 ? await post(true) : undefined;
    return {
      reply,
      sent,
      ...(arrival === undefined ? {} : { arrival }),
      ...(blind ? { blind } : {}),
      ...(forged === undefined ? {} : { forged }),
    };
  } finally {
    stop?.();
  }
}
