import { maskPhone } from './people.ts';

/** One request of the business, as tests and people may see it: no token, no SDP, no full number. */
export interface LoggedRequest {
  at: string;
  method: string;
  path: string;
  status: number;
  body?: unknown;
  error?: { code: number; message: string; details: string };
  warnings?: string[];
}

/** A request that the rules of WhatsApp forbid. A correct client leaves this list empty. */
export interface Violation {
  at: string;
  path: string;
  code: number;
  details: string;
}

const LENGTH = 1000;

/** What the business asked for, and what the referee had to refuse. */
export class RefereeLog {
  readonly requests: LoggedRequest[] = [];
  readonly violations: Violation[] = [];
  /** Of the whole run, also what the lists have let go. */
  readonly total = { requests: 0, violations: 0 };

  request(entry: LoggedRequest): void {
    this.total.requests += 1;
    push(this.requests, { ...entry, ...(entry.body === undefined ? {} : { body: redact(entry.body) }) });
  }

  violation(entry: Violation): void {
    this.total.violations += 1;
    push(this.violations, entry);
  }

  clear(): void {
    this.requests.length = 0;
    this.violations.length = 0;
  }
}

function push<T>(list: T[], entry: T): void {
  list.push(entry);
  if (list.length > LENGTH) list.shift();
}

/** A request body without SDP, tokens and full numbers. */
function redact(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => redact(item));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, redact(item, name)]));
  if (typeof value !== 'string') return value;
  if (key === 'sdp') return `[${value.length} characters]`;
  if (/token|secret|password|pin/i.test(key)) return '[hidden]';
  if (/^\+?\d{7,15}$/.test(value) && /^(to|from|recipient|user_wa_id|input)$/.test(key))
    return maskPhone(value.replace('+', ''));
  return value.slice(0, 2000);
}
