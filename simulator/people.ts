import { randomInt } from 'node:crypto';
import type { Script } from './call-script.ts';
import { countryOf } from './country.ts';

/** How a person answers a permission question by themselves, without anybody at the phone page. */
export type PermissionAnswer = 'temporary' | 'permanent' | 'reject';

/** A person on the simulated WhatsApp. */
export interface Person {
  /** E.164 digits without `+`; also their `wa_id`. */
  phone: string;
  /** Business-scoped user id. */
  userId: string;
  parentUserId?: string;
  name: string;
  username?: string;
  /** Other numbers that reach the same person, such as a Brazilian number without its ninth digit. */
  aliases: string[];
  /** False: messages end as `failed` 131026, calls as 138001. */
  onWhatsApp: boolean;
  /** False: on WhatsApp with a client that cannot be called (138001). */
  callable: boolean;
  /** On the allow list of a test number. */
  allowListed: boolean;
  /** True: no webhook shows their number, as for people with a username. */
  hidePhone: boolean;
  /** How they take calls when nobody looks at their phone page. */
  script?: Script;
  /** Take calls by the script even if somebody looks at the phone page. */
  scriptForced?: boolean;
  permissionAnswer?: PermissionAnswer;
}

export type PersonInput = { phone: string; name?: string; userId?: string } & Partial<
  Omit<Person, 'phone' | 'name' | 'userId'>
>;

/** The people who are there when nobody is named. */
export const DEFAULT_PEOPLE: readonly PersonInput[] = [
  { phone: '5511955500123', userId: 'BR.48219037716650284417', name: 'Ana Lima', username: 'ana.lima' },
  { phone: '351912000456', userId: 'PT.60318842297715530964', name: 'Rui Gonçalves' },
  { phone: '4915110000789', userId: 'DE.27750916638402915583', name: 'Jana Köhler' },
];

/** A whole person from what is given; the rest gets ordinary values. */
export function makePerson(input: PersonInput): Person {
  return {
    aliases: [],
    onWhatsApp: true,
    callable: true,
    allowListed: true,
    hidePhone: false,
    ...input,
    name: input.name ?? `Person ${input.phone.slice(-4)}`,
    userId: input.userId ?? `${countryOf(input.phone)}.${Array.from({ length: 20 }, () => randomInt(10)).join('')}`,
  };
}

/** By phone, alias, business-scoped user id or parent id. Ids are compared as they are, numbers by their digits. */
export function findPerson(people: readonly Person[], id: string): Person | undefined {
  const digits = /^\+?[\d ()-]+$/.test(id) ? id.replace(/\D/g, '') : undefined;
  return people.find((person) =>
    digits === undefined
      ? person.userId === id || person.parentUserId === id
      : person.phone === digits || person.aliases.includes(digits),
  );
}

/** A number as it may be shown in errors and logs. */
export function maskPhone(digits: string): string {
  return digits.length < 8 ? '…' : `+${digits.slice(0, 4)}…${digits.slice(-4)}`;
}
