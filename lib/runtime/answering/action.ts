import type { NodeMessage } from 'node-red';
import { ownProperty } from '../own-property.ts';
import { asText } from '../property.ts';
import { ReportableError } from '../reportable-error.ts';

const WORDS: Record<string, 'accept' | 'reject'> = {
  accept: 'accept',
  answer: 'accept',
  reject: 'reject',
  refuse: 'reject',
};

/**
 * What a message wants of its call: `msg.action`, else `msg.payload`.
 *
 * @throws ReportableError `action_unknown`
 */
export function readAnswerAction(msg: NodeMessage): 'accept' | 'reject' {
  for (const name of ['action', 'payload']) {
    const word = asText(ownProperty(msg, name)).toLowerCase();
    const wanted = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (wanted !== undefined) return wanted;
  }
  throw new ReportableError(
    'action_unknown',
    'The message does not say what to do with the call. Set msg.action to accept or reject, and pass msg.call on from the output "ringing".',
  );
}
