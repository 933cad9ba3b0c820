import { createHash } from 'node:crypto';
import type { HttpClient, HttpStream } from './http.ts';
import { type MediaSink, ProviderError } from './provider.ts';
import { retryDelay } from './retry.ts';
import { transportError } from './transport-error.ts';

/** No byte for so long: the connection is dead, whatever it says. */
const IDLE_MS = 30_000;

/** Where media can be fetched just now. */
export interface Located {
  url: string;
  sha256?: string;
  mimeType?: string;
}

export interface DownloadOptions {
  http: HttpClient;
  /** Asked before every try: addresses are good for minutes. */
  locate(): Promise<Located>;
  /** Lower-case hex, as told when the media were announced; counts before that of `locate`. */
  sha256?: string;
  /** Bytes. */
  most: number;
  sink: MediaSink;
  signal?: AbortSignal;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  random(): number;
  now(): number;
  idleMs?: number;
}

/**
 * Fetches media piece by piece into a sink, never more than `most` bytes. What broke is taken up at the byte where it broke, if
 * the other side can do that, else from the beginning; the result is as its checksum says, or there is none.
 *
 * @throws ProviderError; what the sink throws, unchanged
 */
export async function download(options: DownloadOptions): Promise<{ bytes: number; mimeType?: string }> {
  const { http, sink, signal } = options;
  let hash = createHash('sha256');
  let bytes = 0;
  const restart = async (): Promise<void> => {
    hash = createHash('sha256');
    bytes = 0;
    await sink.restart();
  };
  const take = async (chunk: Uint8Array): Promise<void> => {
    if (bytes + chunk.length > options.most) throw tooLarge(options.most);
    await sink.write(chunk);
    hash.update(chunk);
    bytes += chunk.length;
  };
  const attempt = async ({ url, sha256, mimeType }: Located): Promise<{ bytes: number; mimeType?: string }> => {
    const stream = await http.open(url, bytes > 0 ? { range: `bytes=${bytes}-` } : {}, signal);
    if (bytes > 0 && !continues(stream, bytes)) await restart();
    const announced = Number(stream.header('content-length') ?? 0);
    if (bytes + announced > options.most) {
      stream.body.destroy();
      throw tooLarge(options.most);
    }
    await drain(stream, take, options.idleMs ?? IDLE_MS, signal);
    const wanted = options.sha256 ?? sha256;
    if (wanted !== undefined && hash.copy().digest('hex') !== wanted) {
      await restart();
      throw transportError('provider_media_damaged', 'unknown');
    }
    const type = mimeType ?? stream.header('content-type');
    return { bytes, ...(type === undefined ? {} : { mimeType: type }) };
  };
  for (let tried = 1; ; tried += 1) {
    // A question that has tries of its own.
    const located = await options.locate();
    try {
      return await attempt(located);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      // What was there is longer than what is: somebody has replaced it.
      if (error.httpStatus === 416) await restart();
      const again = error.httpStatus === 416 || error.code === 'provider_media_damaged';
      const asIf = again ? transportError('provider_connection_lost', 'unknown') : error;
      const delay = retryDelay(asIf, 'idempotent', tried, options.now(), options.random());
      if (delay === undefined || signal?.aborted) throw error;
      await options.sleep(delay, signal);
      if (signal?.aborted) throw error;
    }
  }
}

/** A server that cannot go on in the middle sends the whole thing with 200. */
function continues({ status, header }: HttpStream, from: number): boolean {
  return status === 206 && new RegExp(`^bytes ${from}-`).test(header('content-range') ?? '');
}

/** Reads a body to its end. What the sink throws comes out as it is, everything else as `ProviderError`. */
async function drain(
  { body }: HttpStream,
  take: (chunk: Uint8Array) => Promise<void>,
  idleMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let why: 'provider_connection_lost' | 'provider_timeout' | 'provider_aborted' = 'provider_connection_lost';
  const end = (code: typeof why) => () => {
    why = code;
    body.destroy(new Error(code));
  };
  let idle = setTimeout(end('provider_timeout'), idleMs);
  const onAbort = end('provider_aborted');
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  let refused: { error: unknown } | undefined;
  try {
    for await (const chunk of body) {
      clearTimeout(idle);
      await take(chunk as Uint8Array).catch((error: unknown) => {
        refused = { error };
        throw error;
      });
      idle = setTimeout(end('provider_timeout'), idleMs);
    }
  } catch {
    // The HTTP library's errors carry the token: nothing of them leaves.
    if (refused !== undefined) throw refused.error;
    throw transportError(why, 'unknown');
  } finally {
    clearTimeout(idle);
    signal?.removeEventListener('abort', onAbort);
    body.destroy();
  }
}

function tooLarge(most: number): ProviderError {
  return transportError('provider_media_too_large', 'refused', {
    text: `The media are larger than the ${Math.round(most / 1_000_000)} MB that are taken.`,
  });
}
