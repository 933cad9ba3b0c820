import type { Contact, Instant } from '../permission/model.ts';

/** More people than this are forgotten, the oldest first: then something may be reported a second time. */
const MOST = 10_000;

interface Known {
  checkedAt: Instant;
  kinds: ReadonlySet<string>;
}

/**
 * What provider and store differed in at the last look, by person: so that a disagreement is reported once, and again only
 * after it was gone or became another one.
 */
export class Disagreements {
  readonly #known = new Map<string, Known>();

  /** Writes down an answer of the provider. @returns the differences that are news */
  news(contact: Contact, differences: readonly string[], now: Instant): string[] {
    const key = keyOf(contact);
    const before = this.#known.get(key)?.kinds;
    this.#known.delete(key);
    this.#known.set(key, { checkedAt: now, kinds: new Set(differences.map(kindOf)) });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST) break;
      this.#known.delete(oldest);
    }
    return differences.filter((difference) => before?.has(kindOf(difference)) !== true);
  }

  /** When the provider last answered about this person, as far as this process remembers. */
  checkedAt(contact: Contact): Instant | undefined {
    return this.#known.get(keyOf(contact))?.checkedAt;
  }
}

/** A sentence without its counts and times: that a count went on growing apart is no news. */
function kindOf(difference: string): string {
  return difference.replace(/\d[\d:.,TZ-]*/g, '#');
}

function keyOf({ userId, phone, parentUserId }: Contact): string {
  return userId ?? phone ?? parentUserId ?? '';
}
