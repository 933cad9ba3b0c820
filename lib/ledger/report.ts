import type { Contact, Instant, Permission, PermissionStatus } from '../permission/model.ts';

/** What a ledger tells about people and about itself: audit, lists, counts, erasures. */

export interface AuditQuery {
  businessNumberId?: string;
  contact?: Contact;
  afterSeq?: number;
  /** From this moment on, and up to but not including the other. */
  from?: Instant;
  to?: Instant;
  /** At most 1,000 if left out. */
  limit?: number;
  /** Full phone numbers and user ids instead of masked ones: only where the reader asked for them. */
  unmasked?: boolean;
}
export interface AuditRow {
  seq: number;
  at: Instant;
  businessNumberId?: string;
  /** Masked, unless the query asked otherwise; absent after the person was erased. */
  contact?: string;
  event: string;
  /** Null after the person was erased: the digest in the chain stays. */
  detail: unknown;
  /** Link of this row in the chain, hexadecimal: what an export can be checked against. */
  hash?: string;
}

/** What checking the whole audit came to. */
export type AuditVerdict =
  | {
      ok: true;
      /** Rows checked, and the first and last of them (0 for an empty audit). Rows before `first` went by retention. */
      rows: number;
      first: number;
      last: number;
      /** Hash of the last row, hexadecimal. Kept elsewhere, it shows later that nothing before it was changed. */
      head: string;
      /** Rows whose detail was erased with a person, and still have their place in the chain. */
      erased: number;
    }
  | {
      ok: false;
      /** The first row at which the chain does not hold. */
      seq: number;
      /** `edited`: the row is not what was written; `missing`: rows before it are gone; `reordered`; `truncated`: rows at the end are gone. */
      what: 'edited' | 'missing' | 'reordered' | 'truncated';
      why: string;
    };

/** What became of a person who asked to be forgotten. */
export interface Erasure {
  /** False: nobody is known under this name. */
  known: boolean;
  auditRows: number;
  requests: number;
  calls: number;
  /** Callback requests that were taken away; absent if there were none. */
  callbacks?: number;
  /** Files of recordings of their calls, if there are any. They are not the ledger's: whoever keeps them deletes them. */
  recordings?: string[];
  /** They had opted out: a keyed fingerprint of their names stays, so that nobody calls them again; nothing that names them does. */
  keepsDoNotCall: boolean;
}

export interface PermissionListQuery {
  businessNumberId: string;
  /** As the rules see it now: what has lapsed is not `granted`, whatever is written down. All if left out. */
  status?: PermissionStatus;
  after?: number;
  /** At most 1,000; 100 if left out. */
  limit?: number;
}
export interface PermissionPage {
  entries: { contact: Contact; permission: Permission; doNotCall?: { since: Instant; source: string } }[];
  /** Where the next page begins; absent on the last one. */
  next?: number;
}

export interface StatisticsQuery {
  businessNumberId: string;
  /** From this moment on, and up to but not including the other; everything stored if left out. */
  from?: Instant;
  to?: Instant;
  purpose?: string;
  /** Only what was asked with this template, and calls under grants that it brought. `''`: free-form requests. */
  template?: string;
}
/**
 * Counts, and the rates made of them (0 to 1, satisfaction 1 to 5; absent where nothing was counted). Targets: `seed-checklist.md` 141 to 145.
 * Rows that went by retention are not counted; those of an erased person are, but have no purpose any more.
 */
export interface Statistics {
  /**
   * Requests surely sent in the period, and those of them that brought a grant or a denial so far, whenever that was. A grant
   * that was revoked later was a grant; a denial that the person changed into one is none. `rates.grant` is granted/requests:
   * who does not answer has not granted.
   */
  requests: number;
  granted: number;
  denied: number;
  /**
   * Calls of ours surely placed in the period and over. Answered: connected (ACCEPTED, or an end with a start or a duration).
   * Completed: connected, and not ended by an error. `rates.answer` is answered/calls, `rates.completion` completed/answered.
   */
  calls: number;
  answered: number;
  completed: number;
  /** Of these calls those whose people gave a score, and the sum of the scores. `rates.satisfaction` is scoreSum/scored. */
  scored: number;
  scoreSum: number;
  /**
   * People surely asked or called in the period (of this purpose or template), and those of them who opted out in it and
   * have not been released since. `rates.optOut` is optedOut/people.
   */
  people: number;
  optedOut: number;
  rates: { grant?: number; answer?: number; completion?: number; satisfaction?: number; optOut?: number };
  targets: { grant: number; answer: number; completion: number; satisfaction: number; optOut: number };
}
