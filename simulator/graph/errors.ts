import { randomBytes } from 'node:crypto';

/** HTTP status and text of the errors that this Graph API knows. Sources: Calling troubleshooting, 24 June 2026; error codes, 11 September 2026. */
const KNOWN = {
  1: [500, 'An unknown error occurred'],
  10: [403, 'Application does not have permission for this action'],
  100: [400, 'Invalid parameter'],
  190: [401, 'Invalid OAuth access token'],
  368: [403, 'Temporarily blocked for policies violations'],
  613: [429, 'Calls to this api have exceeded the rate limit'],
  131000: [500, 'Something went wrong'],
  131008: [400, 'Required parameter is missing'],
  131009: [400, 'Parameter value is not valid'],
  131021: [400, 'Recipient cannot be sender'],
  131026: [400, 'Message undeliverable'],
  131030: [400, 'Recipient phone number not in allowed list'],
  131047: [400, 'Re-engagement message'],
  131055: [400, 'Method not allowed'],
  132000: [400, 'Number of parameters does not match the expected number of params'],
  132001: [404, 'Template name does not exist in the translation'],
  132012: [400, 'Parameter format does not match format in the created template'],
  132015: [400, 'Template is paused'],
  132016: [400, 'Template is disabled'],
  138000: [401, 'Calling not enabled'],
  138001: [400, 'Receiver uncallable'],
  138002: [429, 'Concurrent calls limit reached'],
  138003: [400, 'Duplicate call'],
  138004: [500, 'Connection error'],
  138005: [429, 'Call rate limit exceeded'],
  138006: [401, 'No approved call permission found'],
  138008: [400, 'SDP Validation error'],
  138009: [400, 'Call permission request limit hit'],
  138012: [400, 'Business initiated call limit hit'],
  138013: [400, 'Business initiated calling is not available'],
  138014: [400, 'Calling is temporarily disabled'],
  138015: [400, 'Calling cannot be enabled'],
  138017: [400, 'Call permission request cannot be sent'],
  138018: [400, 'Calling cannot be enabled'],
} as const satisfies Record<number, readonly [number, string]>;

export type GraphErrorCode = keyof typeof KNOWN;

/** A refusal in Meta's words. `rule` marks those that the referee pronounced, rather than a misspelt request. */
export class GraphError extends Error {
  readonly code: GraphErrorCode;
  readonly status: number;
  readonly details: string;
  readonly subcode: number | undefined;
  readonly rule: boolean;

  constructor(
    code: GraphErrorCode,
    details: string,
    options: { subcode?: number; rule?: boolean; status?: number } = {},
  ) {
    super(KNOWN[code][1]);
    this.name = 'GraphError';
    this.code = code;
    this.status = options.status ?? KNOWN[code][0];
    this.details = details;
    this.subcode = options.subcode;
    this.rule = options.rule ?? false;
  }

  /** Meta's error body (meta-cloud-api.md §8). */
  body(): { error: Record<string, unknown> } {
    return {
      error: {
        message: `(#${this.code}) ${this.message}`,
        type: 'OAuthException',
        code: this.code,
        ...(this.subcode === undefined ? {} : { error_subcode: this.subcode }),
        error_data: { messaging_product: 'whatsapp', details: this.details },
        fbtrace_id: `A${randomBytes(16).toString('base64url')}`,
      },
    };
  }
}

/** Text of a code, for the error lists inside webhooks. */
export function errorTitle(code: GraphErrorCode): string {
  return KNOWN[code][1];
}

/** A refusal of the referee. */
export function ruled(code: GraphErrorCode, details: string): GraphError {
  return new GraphError(code, details, { rule: true });
}
