import { strict as assert } from 'node:assert';
import { metaError } from '../../lib/provider/error-table.ts';
import type { DocumentedCode } from '../lib/provider/reference-codes.ts';
import type { Answer, ReasonSeen } from './questions.ts';
import { type Behaviour, json, SECRETS } from './raw-provider.ts';

const PERSON = '5511999990000';
const DETAILS = `What exactly was wrong, ${PERSON} ${SECRETS.accessToken}`;
/** The same as flows see it: the rest is masked. */
export const DETAILS_SHOWN = /^What exactly was wrong, \+55119…0000 /;

/** Answers as WhatsApp does with this code; the words repeat a phone number and the token. */
export function refusesWith({ code, http = 400 }: DocumentedCode): Behaviour {
  const error = { message: `(#${code}) x`, type: 'OAuthException', code, error_data: { details: DETAILS } };
  // Longer than anybody waits by itself: what would be repeated is told at once.
  return (_, response) => json(response, http, { error: { ...error, fbtrace_id: 'Atrace' } }, { 'retry-after': '60' });
}

/** What is promised of every code: output, our code, a sentence, a next step, and Meta's own code and words. */
export function tellsEverything({ output, msg }: Answer, one: DocumentedCode, wanted: [string, string]): void {
  const { code, http = 400 } = one;
  const entry = metaError(String(code), http);
  const reason = msg.reason as ReasonSeen & { provider: Record<string, string> };
  assert.deepEqual([output, reason?.code], wanted, `${code}: ${JSON.stringify(msg.error ?? msg.reason)}`);
  assert.deepEqual([reason.text, reason.nextStep], [entry.text, entry.nextStep], String(code));
  const { details = '', ...rest } = reason.provider;
  assert.deepEqual(rest, { code: String(code), traceId: 'Atrace' });
  assert.match(details, DETAILS_SHOWN);
  if (output !== 'caught') return;
  const error = msg.error as { code: string; message: string };
  assert.equal(error.code, entry.code);
  for (const part of [entry.text, entry.nextStep, `code ${code}`])
    assert.ok(error.message.includes(part), error.message);
}

/** No credential, no secret of a session description, no whole phone number of what the provider said. */
export function tellsNoSecret(shown: unknown): void {
  const text = JSON.stringify(shown, (_, value) => (value instanceof Error ? `${value.stack}` : value));
  for (const secret of [...Object.values(SECRETS), PERSON]) assert.ok(!text.includes(secret), text.slice(0, 2000));
  assert.doesNotMatch(text, /EAA[0-9A-Za-z]{8}|ice-pwd|ice-ufrag|a=fingerprint/);
}
