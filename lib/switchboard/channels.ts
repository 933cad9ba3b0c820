import type { TemplateChange } from '../template/template.ts';
import type { Log } from './deps.ts';
import { Subscription } from './subscription.ts';
import type { CallChange, MessageStatus, PermissionChange, Switchboard } from './switchboard.ts';

/** More changes than this while nobody listens means that nobody is coming back for them. */
const MOST_KEPT = 10_000;

/** Everything that a switchboard tells, with a queue for each kind. */
export interface Channels {
  calls: Subscription<CallChange>;
  permissions: Subscription<PermissionChange>;
  statuses: Subscription<MessageStatus>;
  templates: Subscription<TemplateChange>;
}

export function createChannels(log: Log): Channels {
  return {
    calls: new Subscription(MOST_KEPT, log),
    permissions: new Subscription(MOST_KEPT, log),
    statuses: new Subscription(MOST_KEPT, log),
    templates: new Subscription(MOST_KEPT, log),
  };
}

/** From now on the channels carry what this switchboard tells. */
export function connect(channels: Channels, switchboard: Switchboard): void {
  switchboard.onCall((change) => channels.calls.take(change));
  switchboard.onPermission((change) => channels.permissions.take(change));
  switchboard.onMessageStatus((status) => channels.statuses.take(status));
  switchboard.onTemplate((change) => channels.templates.take(change));
}
