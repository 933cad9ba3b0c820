import type { Finding as MediaFinding } from '../media/doctor/finding.ts';
import type { ProfileName } from '../provider/meta/profile.ts';
import type { DiskFacts } from './disk.ts';
import type { GraphReader, ReplyTime } from './graph-reader.ts';
import type { WebReply, WebRequest } from './web-request.ts';

/** What is examined. Everything that touches the world is handed in, so that every fault can be played. */
export interface Subject {
  provider: ProfileName;
  /** Digits of the configured number; empty if there is none. */
  businessPhone: string;
  phoneNumberId: string;
  wabaId?: string;
  /** As configured; absent: the one we are tested with. */
  apiVersion?: string;
  graph: GraphReader;
  /** Asks as the app itself (app id and app secret); absent where the provider is not Meta or no secret is set. */
  appGraph?: (appId: string) => GraphReader;
  webhook: WebhookSubject;
  /** Examines the media set-up of this machine; absent: not on this machine. */
  media?: () => Promise<MediaFinding[]>;
  store: {
    /** Looks at the disk on which the store lies; absent for a store that is no file. */
    disk?: () => Promise<DiskFacts>;
    /** Asks the open store how it is. Rejects with the reason why it cannot be opened. */
    health?: () => Promise<{ ok: boolean; engine: string; location: string; detail?: string }>;
  };
  /** What the replies of the API so far said about the provider's clock. */
  replies(): readonly ReplyTime[];
  /** Milliseconds since 1970, by this machine. */
  now(): number;
}

/** How webhooks come in. */
export interface WebhookSubject {
  /** Below the origin, such as `/whatsapp-calling`. */
  path: string;
  /** This Node-RED as seen from this machine; absent if nothing runs here. */
  localUrl?: string;
  /** Address given by the user, in place of the one that the provider has. */
  publicUrl?: string;
  hasAppSecret: boolean;
  verifyToken?: string;
  /** `settings.js` wants a login for everything that flows answer. */
  httpNodeAuth: boolean;
  /** `settings.js` closes Node-RED's HTTP side for flows. */
  httpDisabled: boolean;
  /** Headers that prove this body to be the provider's own; `broken`: a signature that fits nothing. */
  sign(body: Buffer, broken?: boolean): Record<string, string>;
  /** Looks out for the arrival of what carries this mark; absent if the webhook lives in another process. */
  watch?: (mark: string, seen: (arrival: Arrival) => void) => () => void;
  /** What came in since the start. */
  received?: () => { events: number; refused: number; handshakesRefused: number };
  send(request: WebRequest): Promise<WebReply>;
}

/** A request as our own webhook saw it. */
export interface Arrival {
  body: Buffer;
  header(name: string): string | undefined;
  /** The signature fitted. */
  trusted: boolean;
}
