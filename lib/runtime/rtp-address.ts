import { z } from 'zod';
import { ReportableError } from './reportable-error.ts';

const ADDRESS = z.object({ address: z.string().min(1), port: z.coerce.number().int().min(1).max(65_535) });

/**
 * Where RTP goes: `192.0.2.7:5004`, `[2001:db8::7]:5004`, or `{ address, port }`. Nothing: learn it from the first packet.
 *
 * @throws ReportableError `rtp_address_invalid`
 */
export function readRtpAddress(value: unknown): { address: string; port: number } | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const parts = typeof value === 'string' ? /^\s*\[?([^\]\s]+?)\]?:(\d+)\s*$/.exec(value) : null;
  const read = ADDRESS.safeParse(parts ? { address: parts[1], port: parts[2] } : value);
  if (read.success) return read.data;
  throw new ReportableError(
    'rtp_address_invalid',
    'The remote address must look like 192.0.2.7:5004. Correct the field "Remote", or leave it empty to answer whoever sends first.',
  );
}
