import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import { SimulatorError } from './simulator-error.ts';

const MOST_BYTES = 1024 * 1024;

/**
 * Whole body of a request.
 * @throws SimulatorError `body_too_large`, `request_aborted`
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      length += (chunk as Buffer).length;
      if (length > MOST_BYTES) break;
      chunks.push(chunk as Buffer);
    }
  } catch {
    throw new SimulatorError('request_aborted', 'The request broke off.', 'Send it again.');
  }
  if (length > MOST_BYTES)
    throw new SimulatorError('body_too_large', 'The request body is larger than 1 MB.', 'Send less.', 413);
  return Buffer.concat(chunks);
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': bytes.length,
    'Cache-Control': 'no-store',
  });
  response.end(bytes);
}

/**
 * A JSON body of the phone page or the control API. The content type is required: it keeps other sites' pages in the
 * same browser from sending such a request without being asked first.
 */
export async function readJson<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const body = await readBody(request);
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw new SimulatorError('not_json', 'The request is not JSON.', 'Send Content-Type: application/json.', 415);
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8') || '{}');
  } catch {
    throw new SimulatorError('not_json', 'The request body is not valid JSON.', 'Check quotes, commas and brackets.');
  }
  return check(schema, value);
}

/** @throws SimulatorError `invalid`, naming the first field that is wrong */
export function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') || 'the body';
  throw new SimulatorError(
    'invalid',
    `Problem with ${where}: ${issue?.message ?? 'not valid'}.`,
    'Correct it and send again.',
  );
}

/** Only this machine, by its own names: a foreign name that resolves to 127.0.0.1 is DNS rebinding. */
export function isLoopbackHost(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(host ?? '');
}
