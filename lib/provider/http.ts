import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { Axios, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import type { ErrorEntry } from './error-table.ts';
import { JsonError, parseJson } from './json.ts';
import { Patience } from './patience.ts';
import { ProviderError, type ProviderErrorFields } from './provider.ts';
import { type RetryPolicy, readRetryAt, retryDelay } from './retry.ts';
import { createScrubber } from './scrub.ts';
import { type SendState, trackedTransport } from './tracked-request.ts';
import { type TransportErrorCode, transportError } from './transport-error.ts';

/** Replies are some kB; a session description is at most some 10 kB. */
const MAX_REPLY_BYTES = 1024 * 1024;
const MAX_REQUEST_BYTES = 256 * 1024;
const MAX_SOCKETS = 64;
const AGENT = 'flowcall-node-red-whatsapp-calling';
/** Idle connections are closed after this time; longer than any request may take. */
const IDLE_MS = 60_000;

/** What an error body of a provider says, in its own terms. */
export interface ApiError {
  code?: string;
  subcode?: string;
  details?: string;
  traceId?: string;
}

export interface HttpOptions {
  /** Without a slash at the end. */
  baseUrl: string;
  /** Sent with every request, the credentials among them. */
  headers: Record<string, string>;
  /** Never to appear in an error, also when the provider repeats them. */
  secrets: string[];
  /** For one try as a whole, from the start to the last byte. */
  timeoutMs: number;
  /** Reads the provider's error body; undefined if it is none. */
  readError(body: unknown): ApiError | undefined;
  explain(code: string | undefined, httpStatus: number): ErrorEntry;
  /** Told of every reply: the other side's clock (`Date`), between two readings of ours. */
  onReply?: (time: { date: string | undefined; sentAt: number; receivedAt: number }) => void;
  /** For tests. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  random?: () => number;
  now?: () => number;
}

export interface HttpCall {
  method: 'GET' | 'POST' | 'DELETE';
  /** Below the base address, beginning with a slash, already encoded. */
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  retry: RetryPolicy;
  signal?: AbortSignal;
}

/** A reply whose body has not been read. */
export interface HttpStream {
  status: number;
  header(name: string): string | undefined;
  /** To be read to its end or destroyed. */
  body: Readable;
}

export interface HttpClient {
  /**
   * Asks for something at a whole address, with the credentials: whoever calls this has made sure that it is the provider's.
   * One try; no redirect is followed. Resolves with 2xx replies, rejects with `ProviderError` and nothing else. The time
   * limit ends with the reply's head.
   */
  open(url: string, headers: Record<string, string>, signal?: AbortSignal): Promise<HttpStream>;
  /** Resolves with the parsed JSON of a 2xx reply. Rejects with `ProviderError` and nothing else. */
  send(call: HttpCall): Promise<unknown>;
}

/**
 * The one door to providers' HTTP interfaces, and the only file that knows the HTTP library. Its errors carry the token
 * (header, URL, body), so none of them leaves this file, also not as `cause`: every failure becomes a `ProviderError`
 * built from an allow-list of fields, cleaned of known secrets.
 */
export function createHttpClient(options: HttpOptions): HttpClient {
  const loopback = isLoopback(options.baseUrl);
  // Not `axios.create()`: other packages may have changed the shared defaults (headers, interceptors).
  const client = new Axios({
    adapter: 'http',
    headers: {} as never,
    responseType: 'arraybuffer',
    maxRedirects: 0,
    maxContentLength: MAX_REPLY_BYTES,
    maxBodyLength: MAX_REQUEST_BYTES,
    decompress: true,
    validateStatus: () => true,
    // The simulator on this machine is not behind the proxy; everything else follows the environment.
    ...(loopback ? { proxy: false as const } : {}),
  });
  const reused = agents(true);
  // A kept connection may be closed by the other side at the very moment we write; the request's fate is then unknown.
  // What must not be repeated gets a connection of its own.
  const fresh = agents(false);
  const scrub = createScrubber(options.secrets);
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  const sleep = options.sleep ?? pause;

  async function attempt(call: HttpCall, url: string, body: Buffer | undefined): Promise<unknown> {
    const state: SendState = { sent: false };
    const patience = new Patience(options.timeoutMs, call.signal);
    const config: AxiosRequestConfig = {
      url,
      method: call.method,
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': AGENT,
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(call.retry === 'idempotent' ? {} : { connection: 'close' }),
        ...options.headers,
      },
      ...(body ? { data: body } : {}),
      ...(call.retry === 'idempotent' ? reused : fresh),
      transport: trackedTransport(state),
      signal: patience.signal,
    };
    try {
      if (patience.ending) throw transportError(patience.ending, 'not_sent');
      const sentAt = now();
      const response = await client.request(config);
      options.onReply?.({ date: headerOf(response, 'date'), sentAt, receivedAt: now() });
      return read(response);
    } catch (error) {
      if (error instanceof ProviderError) throw error;
      throw transportError(patience.ending ?? classify(error, state.sent), state.sent ? 'unknown' : 'not_sent');
    } finally {
      patience.release();
    }
  }

  async function open(url: string, headers: Record<string, string>, signal?: AbortSignal): Promise<HttpStream> {
    const state: SendState = { sent: false };
    const patience = new Patience(options.timeoutMs, signal);
    try {
      if (patience.ending) throw transportError(patience.ending, 'not_sent');
      const response: AxiosResponse<Readable> = await client.request({
        ...{ url, method: 'GET', responseType: 'stream', maxContentLength: -1, decompress: false, ...fresh },
        headers: {
          'accept-encoding': 'identity',
          'user-agent': AGENT,
          connection: 'close',
          ...options.headers,
          ...headers,
        },
        ...(isLoopback(url) ? { proxy: false as const } : {}),
        transport: trackedTransport(state),
        signal: patience.signal,
      });
      const { status, data: body } = response;
      if (status >= 200 && status < 300) return { status, body, header: (name) => headerOf(response, name) };
      body.destroy();
      // Nobody reads what the other side had to say: it may be a page of any size.
      read({ ...response, data: Buffer.from('{}') });
      throw transportError('provider_reply_unreadable', 'refused', { httpStatus: status });
    } catch (error) {
      if (error instanceof ProviderError) throw error;
      throw transportError(patience.ending ?? classify(error, state.sent), state.sent ? 'unknown' : 'not_sent');
    } finally {
      patience.release();
    }
  }

  function read(response: AxiosResponse): unknown {
    const { status } = response;
    let body: unknown;
    let unreadable = false;
    try {
      body = parseJson(Buffer.from(response.data ?? ''), MAX_REPLY_BYTES);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      unreadable = true;
    }
    const apiError = unreadable ? undefined : options.readError(body);
    if (status >= 200 && status < 300 && !apiError) {
      if (unreadable) throw transportError('provider_reply_unreadable', 'unknown', { httpStatus: status });
      return body;
    }
    if (status >= 300 && status < 400) throw transportError('provider_redirect', 'unknown', { httpStatus: status });
    if (status === 407) throw transportError('provider_proxy_refused', 'not_sent', { httpStatus: status });
    throw refusal(status, apiError, response, typeof body === 'object' && body !== null);
  }

  function refusal(status: number, apiError: ApiError | undefined, response: AxiosResponse, isJson: boolean) {
    const { code, kind, text, nextStep } = options.explain(apiError?.code, status);
    // Proxies of Meta's API answer 401, 403 and 404 in shapes of their own; a login page or a gateway's HTML proves nothing.
    const surelyRefused =
      status === 429 || (status < 500 && (apiError || (isJson && [401, 403, 404].includes(status))));
    const fields: ProviderErrorFields = {
      code,
      kind,
      outcome: status >= 400 && surelyRefused ? 'refused' : 'unknown',
      httpStatus: status,
    };
    if (apiError?.code !== undefined) fields.providerCode = scrub(apiError.code).slice(0, 40);
    if (apiError?.subcode !== undefined) fields.subcode = scrub(apiError.subcode).slice(0, 40);
    if (apiError?.details) fields.details = scrub(apiError.details);
    if (apiError?.traceId) fields.traceId = scrub(apiError.traceId).slice(0, 100);
    const retryAt = readRetryAt((name) => headerOf(response, name), now());
    if (retryAt !== undefined) fields.retryAt = retryAt;
    return new ProviderError(text, nextStep, fields);
  }

  return {
    open,
    async send(call) {
      const url = options.baseUrl + call.path + (call.query ? `?${new URLSearchParams(call.query)}` : '');
      const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
      if (body && body.length > MAX_REQUEST_BYTES) {
        throw transportError('provider_input_invalid', 'not_sent', {
          text: `The request is larger than ${MAX_REQUEST_BYTES / 1024} kB.`,
        });
      }
      for (let tried = 1; ; tried += 1) {
        try {
          return await attempt(call, url, body);
        } catch (error) {
          const failure = error as ProviderError;
          const delay = retryDelay(failure, call.retry, tried, now(), random());
          if (delay === undefined || call.signal?.aborted) throw failure;
          await sleep(delay, call.signal);
          // Given up while waiting: what the provider said is more telling than that we stopped.
          if (call.signal?.aborted) throw failure;
        }
      }
    },
  };
}

function agents(keepAlive: boolean): { httpAgent: http.Agent; httpsAgent: https.Agent } {
  const settings = { keepAlive, maxSockets: MAX_SOCKETS, maxFreeSockets: 4, timeout: IDLE_MS } as const;
  return { httpAgent: new http.Agent(settings), httpsAgent: new https.Agent(settings) };
}

function headerOf(response: AxiosResponse, name: string): string | undefined {
  const value: unknown = (response.headers as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}

/** Looks at the error's code only; its message and everything else stay here. */
function classify(error: unknown, sent: boolean): TransportErrorCode {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const name = typeof code === 'string' ? code : '';
  if (typeof message === 'string' && message.startsWith('maxContentLength')) return 'provider_reply_too_large';
  if (/^(HPE_|Z_|ERR_BUFFER_TOO_LARGE|ERR__ERROR_FORMAT|ERR_PADDING)/.test(name)) return 'provider_reply_unreadable';
  if (sent) return 'provider_connection_lost';
  if (name === 'ENOTFOUND' || name === 'EAI_AGAIN') return 'provider_host_unknown';
  if (/CERT|SELF_SIGNED|UNABLE_TO_|TLS|SSL|EPROTO|HOSTNAME_MISMATCH|CRL_/.test(name)) return 'provider_tls_failed';
  return 'provider_unreachable';
}

function isLoopback(baseUrl: string): boolean {
  const { hostname } = new URL(baseUrl);
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
    if (signal?.aborted) done();
  });
}
