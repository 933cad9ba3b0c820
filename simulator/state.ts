import { DEFAULT_PEOPLE, makePerson, type Person, type PersonInput } from './people.ts';

/** Everything the simulator remembers, as it lies in the state file. Times are milliseconds, unless named seconds. */
export interface State {
  version: 1;
  clockAhead: number;
  people: Person[];
  /** By business-scoped user id. */
  pairs: Record<string, Pair>;
  number: NumberState;
  /** Live calls, so that a restart can end them. */
  calls: StoredCall[];
  /** Webhooks that nobody has taken with 200 yet. */
  undelivered: StoredWebhook[];
}

/** What is between the business number and one person. */
export interface Pair {
  permission: { status: 'no_permission' | 'temporary' | 'permanent'; expiresAt?: number };
  requests: RequestCard[];
  /** When calls of the business were picked up. */
  connected: number[];
  /** Last call of either direction that was picked up. */
  lastConnectedAt?: number;
  unanswered: number;
  /** Last message or call of the person, or call that they accepted: opens the service window. */
  windowFrom?: number;
  chat: ChatItem[];
}

/** A permission question in the person's chat. */
export interface RequestCard {
  id: string;
  at: number;
  deliveredAt?: number;
  answer?: 'temporary' | 'permanent' | 'declined';
  answeredAt?: number;
  /** The person dealt with a newer question. */
  replaced?: boolean;
  /** Never delivered; it counts against the limits all the same. */
  failed?: boolean;
}

export interface ChatItem {
  id: string;
  from: 'business' | 'person' | 'system';
  kind: 'text' | 'permission_request' | 'permission_change' | 'call_log';
  text: string;
  at: number;
  requestId?: string;
}

export interface Template {
  id: string;
  name: string;
  language: string;
  category: 'MARKETING' | 'UTILITY';
  status: 'PENDING' | 'APPROVED' | 'REJECTED' | 'PAUSED' | 'DISABLED';
  rejected_reason?: string;
  parameter_format: 'NAMED' | 'POSITIONAL';
  components: { type: string; text?: string | undefined; [key: string]: unknown }[];
}

export interface NumberState {
  /** Calls the business started, for the daily limit of the number. */
  started: number[];
  calling: { status: string; [group: string]: unknown };
  restriction?: { type: string; until?: number };
  templates: Template[];
  /** What the reviewers do with new templates; approve if left out. */
  templateReview?: 'approve' | 'reject' | 'hold';
  /** Webhook addresses set through the API, nearest first: number, account. */
  override: { number?: WebhookTarget; account?: WebhookTarget };
  subscribed: boolean;
  /** ISO country set by hand; otherwise the number's own. */
  country?: string;
  businessNumber: string;
  testNumber: boolean;
  messagingLimit: number;
}

export interface WebhookTarget {
  url: string;
  verifyToken: string;
}

export interface StoredCall {
  id: string;
  userId: string;
  direction: 'BUSINESS_INITIATED' | 'USER_INITIATED';
  state: 'placed' | 'ringing' | 'connecting' | 'in_call';
  placedAt: number;
  rang: boolean;
  pickedUpAt?: number;
  opaque?: string;
}

export interface StoredWebhook {
  id: string;
  field: string;
  kind: string;
  value: Record<string, unknown>;
  at: number;
  /** Deliveries of the same call keep together. */
  callId?: string;
}

/** A WhatsApp in which nothing has happened yet. */
export function newState(options: {
  people?: readonly PersonInput[];
  businessNumber: string;
  testNumber: boolean;
}): State {
  return {
    version: 1,
    clockAhead: 0,
    people: (options.people ?? DEFAULT_PEOPLE).map(makePerson),
    pairs: {},
    number: {
      started: [],
      calling: { status: 'ENABLED', call_icon_visibility: 'DEFAULT', callback_permission_status: 'DISABLED' },
      templates: [
        {
          id: '900100200300400',
          name: 'call_permission',
          language: 'en_US',
          category: 'UTILITY',
          status: 'APPROVED',
          parameter_format: 'POSITIONAL',
          components: [
            {
              type: 'BODY',
              text: 'Hello {{1}}, may we call you about {{2}}?',
              example: { body_text: [['Ana', 'your delivery']] },
            },
            { type: 'call_permission_request' },
          ],
        },
      ],
      override: {},
      subscribed: true,
      businessNumber: options.businessNumber,
      testNumber: options.testNumber,
      messagingLimit: 2000,
    },
    calls: [],
    undelivered: [],
  };
}

/** Business and person have never had to do with each other. */
export function newPair(): Pair {
  return { permission: { status: 'no_permission' }, requests: [], connected: [], unanswered: 0, chat: [] };
}

/** The pair's record, made at its first use. */
export function pairOf(state: State, person: Person): Pair {
  const pair = state.pairs[person.userId] ?? newPair();
  state.pairs[person.userId] = pair;
  return pair;
}
