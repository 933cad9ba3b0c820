import { answered, type Behaviour, json } from './raw-provider.ts';

/** What a fault of the provider comes to. */
export interface WireFault {
  behave: Behaviour;
  /** `msg.error.code` at a Catch node. */
  code: string;
  /** Whether the request may have had effect. */
  outcome: 'unknown' | 'refused';
}

const error = (code: number) => ({
  error: { code, message: `(#${code}) Fault`, type: 'OAuthException', fbtrace_id: 'A1' },
});
const page = '<html><head><title>Sorry</title></head><body>Something went wrong.</body></html>';

/** How an API and what stands before it fail, and what a flow must be told. */
export const WIRE_FAULTS: Record<string, WireFault> = {
  'status 500': {
    behave: (_, response) => json(response, 500, error(131000)),
    code: 'provider_server_error',
    outcome: 'unknown',
  },
  'status 503 in HTML': {
    behave: (_, response) => response.writeHead(503, { 'content-type': 'text/html' }).end(page),
    code: 'provider_server_error',
    outcome: 'unknown',
  },
  'status 200 in HTML': {
    behave: (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(page),
    code: 'provider_reply_unreadable',
    outcome: 'unknown',
  },
  'status 200 without what it must contain': {
    behave: (_, response) => json(response, 200, { success: false }),
    code: 'provider_reply_unreadable',
    outcome: 'unknown',
  },
  'half a reply': {
    behave: (request, response, socket) => {
      const text = JSON.stringify({
        calls: [{ id: 'wacid.half' }],
        messages: [{ id: 'wamid.half' }],
        of: request.path,
      });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
      response.write(text.slice(0, 20), () => socket.destroy());
    },
    code: 'provider_connection_lost',
    outcome: 'unknown',
  },
  'a reset': {
    behave: (_request, _response, socket) => void socket.resetAndDestroy(),
    code: 'provider_connection_lost',
    outcome: 'unknown',
  },
  'something that is not HTTP': {
    behave: (_request, _response, socket) => void socket.end('\u0000\u0001 220 mail ready\r\n'),
    code: 'provider_reply_unreadable',
    outcome: 'unknown',
  },
  'another address': {
    behave: (_, response) => response.writeHead(307, { location: 'http://127.0.0.1:9/elsewhere' }).end(),
    code: 'provider_redirect',
    outcome: 'unknown',
  },
  'status 429': {
    // Longer than anybody waits by itself: the flow is told.
    behave: (_, response) => json(response, 429, error(80007), { 'retry-after': '60' }),
    code: 'provider_account_rate_limit',
    outcome: 'refused',
  },
  'status 401': {
    behave: (_, response) => json(response, 401, error(190)),
    code: 'provider_token_invalid',
    outcome: 'refused',
  },
  'status 403 of a proxy': {
    behave: (_, response) => json(response, 403, { message: 'forbidden' }),
    code: 'provider_grants_missing',
    outcome: 'refused',
  },
};

/** Fails so many times, then answers as it should. */
export function first(times: number, behave: Behaviour): Behaviour {
  let left = times;
  return (...exchange) => {
    left -= 1;
    (left >= 0 ? behave : answered)(...exchange);
  };
}
