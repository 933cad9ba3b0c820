import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Call } from './call.ts';
import { GraphError } from './graph/errors.ts';
import { oggSilence } from './ogg-silence.ts';
import { captureValue } from './webhook-payload.ts';
import type { World } from './world.ts';

/** What the business wanted kept of a call (`recording` and `transcription` of connect and accept). */
export interface Wanted {
  recording: boolean;
  transcription: boolean;
}

/** Media that WhatsApp holds for the business. */
interface Kept {
  id: string;
  mimeType: string;
  bytes: Buffer;
  /** Base64. */
  sha256: string;
  until: number;
  /** Tickets of download addresses, and when each lapses. */
  tickets: Map<string, number>;
}

/** Seconds after the end of the call; "usually less than a minute" (call recording page, 31 Aug 2026). */
const READY_AFTER = { recording: 8, transcript: 12 };
const KEPT_MS = 7 * 86_400_000;
const ADDRESS_MS = 5 * 60_000;
/** Where downloads lie, as at Meta. */
export const ATTACHMENTS = '/whatsapp_business/attachments/';

/** Recordings and transcripts of the calls of this simulator. They do not outlive it. */
export class Captures {
  private readonly world: World;
  private readonly kept = new Map<string, Kept>();

  constructor(world: World) {
    this.world = world;
  }

  /** After a call that was picked up: makes what was wanted and tells the business of it. */
  ended(call: Call): void {
    const { world } = this;
    const { captures, pickedUpAt, endedAt } = call;
    if (captures === undefined || pickedUpAt === undefined || endedAt === undefined) return;
    const seconds = (endedAt - pickedUpAt) / 1000;
    if (captures.recording)
      world.clock.after(READY_AFTER.recording, () => {
        this.tell(call, 'recording', this.keep('audio/ogg; codecs=opus', oggSilence(seconds)));
      });
    if (captures.transcription)
      world.clock.after(READY_AFTER.transcript, () => {
        this.tell(call, 'transcript', this.keep('application/json', transcript(seconds, endedAt)));
      });
  }

  /** `GET /{media id}`. @throws GraphError 100 if there is no such media, or not any more */
  describe(id: string, origin: string): unknown {
    const media = this.find(id);
    if (media === undefined)
      throw new GraphError(100, `Object with ID '${id.slice(0, 40)}' does not exist, or the token may not use it.`, {
        subcode: 33,
      });
    return {
      messaging_product: 'whatsapp',
      url: this.address(media, origin),
      mime_type: media.mimeType,
      // Hex here, base64 in the webhook.
      sha256: Buffer.from(media.sha256, 'base64').toString('hex'),
      file_size: media.bytes.length,
      id,
    };
  }

  isMedia(id: string): boolean {
    return this.find(id) !== undefined;
  }

  /** A download. The address is good for five minutes, and needs the token. */
  send(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const media = this.find(url.searchParams.get('mid') ?? '');
    const lapses = media?.tickets.get(url.searchParams.get('hash') ?? '');
    const token = /^Bearer\s+(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token !== this.world.settings.accessToken) {
      response.writeHead(401).end();
      return;
    }
    if (media === undefined || lapses === undefined || lapses <= this.world.clock.now()) {
      response.writeHead(404).end();
      return;
    }
    const { bytes, mimeType } = media;
    const from = Number(/^bytes=(\d{1,12})-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from > bytes.length) {
      response.writeHead(416, { 'Content-Range': `bytes */${bytes.length}` }).end();
      return;
    }
    const part = bytes.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      'Content-Type': mimeType,
      'Content-Length': part.length,
      ...(from > 0 ? { 'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    response.end(part);
  }

  private keep(mimeType: string, bytes: Buffer): Kept {
    const media: Kept = {
      id: String(10 ** 15 + randomInt(10 ** 14)),
      ...{ mimeType, bytes },
      sha256: createHash('sha256').update(bytes).digest('base64'),
      until: this.world.clock.now() + KEPT_MS,
      tickets: new Map(),
    };
    this.kept.set(media.id, media);
    return media;
  }

  private find(id: string): Kept | undefined {
    const media = this.kept.get(id);
    if (media !== undefined && media.until <= this.world.clock.now()) this.kept.delete(id);
    return this.kept.get(id);
  }

  private address({ id, tickets }: Kept, origin: string): string {
    const ticket = randomBytes(12).toString('base64url');
    tickets.set(ticket, this.world.clock.now() + ADDRESS_MS);
    return `${origin}${ATTACHMENTS}?mid=${id}&hash=${ticket}`;
  }

  private tell(call: Call, kind: 'recording' | 'transcript', media: Kept): void {
    const { world } = this;
    const { id, mimeType, sha256 } = media;
    const value = captureValue(
      { id: call.id, person: call.person, timestamp: world.clock.seconds() },
      kind,
      { id, sha256, mime_type: mimeType, url: this.address(media, 'https://lookaside.fbsbx.com') },
      world.faults.webhooks.transcriptName,
    );
    world.sender.emit('calls', kind, value, call.id);
  }
}

/** The shape of meta-cloud-api.md §5.8; the simulator does not listen, so that everybody says the same. */
function transcript(seconds: number, at: number): Buffer {
  const duration = Math.max(1, Math.round(seconds));
  const said: [string, number, string][] = [
    ['Business', 0, 'Hello, this is a test call.'],
    ['Customer', 1, 'Hello.'],
  ];
  return Buffer.from(
    JSON.stringify({
      metadata: {
        processed_at: new Date(at).toISOString(),
        audio: { duration, sample_rate: 16_000, channels: 2, audio_format: 'ogg' },
      },
      transcript: {
        text: said.map(([, , text]) => text).join(' '),
        language: 'en',
        duration,
        confidence: 0.98,
        segments: said.map(([speaker, channel, text], id) => ({
          ...{ id, speaker, channel, text, start: id * 0.4, end: id * 0.4 + 0.4, confidence: 0.98 },
          words: [],
        })),
      },
    }),
  );
}
