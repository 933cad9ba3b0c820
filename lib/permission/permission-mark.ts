import type { Permission } from './model.ts';

/**
 * What a permission was when the provider was asked about it, as a short text: an answer that has been overtaken by other
 * news (a grant that came while the question was on its way) must not undo that news.
 */
export function permissionMark({ status, kind, grantedAt, expiresAt, repliedAt, endedAt }: Permission): string {
  return [status, kind, grantedAt, expiresAt, repliedAt, endedAt].map((part) => part ?? '').join(' ');
}
