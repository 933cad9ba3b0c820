import http from 'node:http';
import https from 'node:https';

/** A request to our own webhook, as a provider would send it. */
export interface WebRequest {
  url: string;
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: Buffer;
  /** For this machine's own address, whose certificate names the public one. */
  anyCertificate?: boolean;
}
export type WebReply =
  | { status: number; text: string; location?: string; loginWanted: boolean; ms: number }
  | WebFailure;
export interface WebFailure {
  failure: 'host_unknown' | 'refused' | 'timeout' | 'certificate' | 'lost' | 'not_http';
}

const TIMEOUT_MS = 8_000;
const LONGEST_TEXT = 4096;

/** Sends it once, follows nothing, and never rejects. Proxies of the environment are not used: Meta does not use them either. */
export function sendWebRequest({ url, method, headers = {}, body, anyCertificate }: WebRequest): Promise<WebReply> {
  return new Promise((resolve) => {
    const start = performance.now();
    const fail = (failure: WebFailure['failure']): void => {
      clearTimeout(timer);
      resolve({ failure });
      request.destroy();
    };
    const timer = setTimeout(() => fail('timeout'), TIMEOUT_MS);
    const secure = url.startsWith('https:');
    const request = (secure ? https : http).request(
      url,
      {
        method,
        agent: false,
        headers: { ...headers, ...(body ? { 'content-length': body.length } : {}) },
        ...(anyCertificate === true ? { rejectUnauthorized: false } : {}),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          if (text.length < LONGEST_TEXT) text += part;
        });
        response.on('error', () => fail('lost'));
        response.on('end', () => {
          clearTimeout(timer);
          const { location } = response.headers;
          resolve({
            status: response.statusCode ?? 0,
            text: text.slice(0, LONGEST_TEXT),
            loginWanted: response.headers['www-authenticate'] !== undefined,
            ms: performance.now() - start,
            ...(location === undefined ? {} : { location }),
          });
        });
      },
    );
    request.on('error', (error: NodeJS.ErrnoException) => fail(classify(error)));
    request.end(body);
  });
}

function classify({ code = '' }: NodeJS.ErrnoException): WebFailure['failure'] {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'host_unknown';
  if (/CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME|ERR_TLS/.test(code)) return 'certificate';
  if (/^HPE_|EPROTO|SSL/.test(code)) return 'not_http';
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'refused';
  return code === 'ETIMEDOUT' ? 'timeout' : 'lost';
}
