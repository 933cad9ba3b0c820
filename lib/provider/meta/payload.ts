import { createHash } from 'node:crypto';
import type { Instant } from '../../permission/model.ts';
import type { EventError, ProviderEvent } from '../event.ts';
import { readInstant } from '../instant.ts';
import { maskPhones } from '../scrub.ts';

/** A JSON object of a webhook. */
export type Item = Record<string, unknown>;

/** What an item of a webhook needs to know of its surroundings. */
export interface Surroundings {
  field: string;
  businessNumberId: string;
  businessPhone?: string;
  contacts: unknown;
  /** The item is the only one of its value: what stands beside it belongs to it. */
  only: boolean;
  valueErrors: EventError[];
  /** For events that carry no time of their own. */
  at: Instant;
}

/** Kept raw. Its id is a digest, so that another delivery of the same thing has the same id. */
export function unknownEvent(
  field: string,
  raw: unknown,
  around: { at: Instant; businessNumberId?: string; businessPhone?: string },
): ProviderEvent {
  const digest = createHash('sha256')
    .update(JSON.stringify(raw) ?? '')
    .digest('hex')
    .slice(0, 32);
  const { at, businessNumberId = '', businessPhone } = around;
  const own = isItem(raw) ? readInstant(raw.timestamp) : undefined;
  return {
    type: 'unknown',
    id: `unknown:${field.slice(0, 64)}:${digest}`,
    at: own ?? at,
    businessNumberId,
    ...(businessPhone !== undefined && businessNumberId === '' ? { businessPhone } : {}),
    field: field.slice(0, 64),
    raw,
  };
}

/** Errors stand beside the items or inside them; `code` is a number or a string. */
export function readErrors(list: unknown): EventError[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isItem).map((error) => {
    const data = isItem(error.error_data) ? error.error_data : {};
    const details = readText(data.details) ?? readText(error.details);
    return {
      code: (readId(error.code) ?? '').slice(0, 64),
      message: maskPhones(readText(error.message) ?? readText(error.title) ?? '').slice(0, 500),
      ...(details !== undefined ? { details: maskPhones(details).slice(0, 500) } : {}),
    };
  });
}

export function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Ids are strings; some senders make numbers of them. */
export function readId(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value !== '' && value.length <= 1024 ? value : undefined;
}
