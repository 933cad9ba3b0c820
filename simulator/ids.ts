import { randomBytes } from 'node:crypto';

/** A call's id in Meta's shape. */
export function newCallId(): string {
  return `wacid.HBgN${randomBytes(27).toString('base64url')}`;
}

/** A message's id in Meta's shape. */
export function newMessageId(): string {
  return `wamid.HBgN${randomBytes(27).toString('base64url')}`;
}
