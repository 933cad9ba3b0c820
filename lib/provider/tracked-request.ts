import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

/** Whether a request can have left this machine. */
export interface SendState {
  sent: boolean;
}

/**
 * A request function in place of `http.request`, for the HTTP client, that notes when the connection is ready, which is
 * when Node writes the request. A failure before that moment (name resolution, refusal, TLS) surely had no effect; one
 * after it may have had. Redirects are never followed: the token must not travel to another host.
 */
export function trackedTransport(state: SendState): {
  request(options: https.RequestOptions, onResponse: (response: http.IncomingMessage) => void): http.ClientRequest;
} {
  return {
    request(options, onResponse) {
      const request = (options.protocol === 'https:' ? https : http).request(options, onResponse);
      request.on('socket', (socket: Socket & { secureConnecting?: boolean; encrypted?: boolean }) => {
        const ready = (): void => {
          state.sent = true;
        };
        // Node destroys a connection with a bad certificate before `secureConnect`.
        if (socket.encrypted === true) {
          if (socket.secureConnecting === false && !socket.connecting) ready();
          else socket.once('secureConnect', ready);
        } else if (socket.connecting) socket.once('connect', ready);
        else ready();
      });
      return request;
    },
  };
}
