import type { Judged } from './judged.ts';
import { maskContact } from './masking.ts';
import type { PairSnapshot } from './model.ts';
import type { Profile } from './profile.ts';

/**
 * Numbers in ranges of Crimea, Donetsk and Luhansk. A range does not prove where somebody is, so it warns; `block` is the
 * user's own knowledge and concerns their own number. A person's number only ever warns: WhatsApp itself knows where it
 * serves people.
 */
export function judgeTerritories({ businessNumber, contact }: PairSnapshot, { territories }: Profile): Judged[] {
  const { rule, mode } = territories;
  if (mode === 'off') return [];
  const judged: Judged[] = [];
  for (const [phone, warns] of [
    [businessNumber.phone, mode === 'warn'],
    [contact.phone, true],
  ] as const) {
    const name = phone === undefined ? undefined : territoryOf(phone, territories.ranges);
    if (phone === undefined || name === undefined) continue;
    const facts = { rule, name, why: maskContact(phone) };
    judged.push({ limit: { rule, allowed: 1, used: 1 }, warns, refusal: { code: 'territory_not_served', facts } });
  }
  return judged;
}

function territoryOf(phone: string, ranges: Profile['territories']['ranges']): string | undefined {
  return ranges.find(({ prefix }) => phone.startsWith(prefix))?.name;
}
