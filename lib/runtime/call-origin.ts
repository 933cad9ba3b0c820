import { z } from 'zod';
import { ReportableError } from './reportable-error.ts';

/** Bytes of JSON. The data goes into the ledger with every call and back into every message about it. */
const MOST_DATA = 4096;

const ORIGIN = z.object({ nodeId: z.string(), data: z.object({ ticket: z.string(), data: z.unknown() }).partial() });

/**
 * The data that a flow gives along with a call: small JSON that survives a crash.
 *
 * @throws ReportableError `data_invalid`
 */
export function readCallData(value: unknown): unknown {
  if (value === undefined || value === null || value === '') return undefined;
  const json = toJson(value);
  if (json === undefined || Buffer.byteLength(json) > MOST_DATA) {
    throw new ReportableError(
      'data_invalid',
      `The call's data must be JSON of at most ${MOST_DATA} bytes. Pass an id and keep the rest elsewhere.`,
    );
  }
  return JSON.parse(json);
}

function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** Which node placed a call, with which ticket and data. Tolerant: the origin may come from a ledger of another version. */
export function readOrigin(
  origin: { nodeId: string; data?: unknown } | undefined,
): { nodeId: string; ticket: string; data?: unknown } | undefined {
  if (origin === undefined) return undefined;
  const read = ORIGIN.safeParse(origin);
  if (!read.success) return { nodeId: origin.nodeId, ticket: '' };
  const { ticket, data } = read.data.data;
  return { nodeId: read.data.nodeId, ticket: ticket ?? '', ...(data !== undefined && { data }) };
}
