import type { Instant } from '../../../../lib/permission/model.ts';
import { knownConnected, knownEnded, type Pair, type Word } from './facts.ts';
import type { Variant } from './variants.ts';

const DAY = 86_400_000;

/**
 * Rules that WhatsApp does not have, judged from the facts and not by the code under test: `strict` (24 h from the grant, one
 * connected call per permission, three requests without one), `ycloud` (2 requests in 72 h) and the Turkey of `meta-2025`.
 *
 * @param surely true: only what must forbid; false: everything that may
 * @returns codes of the refusals that they give reason for
 */
export function ownRefusals(
  variant: Variant,
  pair: Pair,
  what: 'request' | 'call',
  now: Instant,
  { surely, slack, drift, businessPhone }: { surely: boolean; slack: number; drift: number; businessPhone: string },
): Set<string> {
  const codes = new Set<string>();
  if (variant.own === 'meta-2025' && businessPhone.startsWith('90')) codes.add('country_not_supported');
  if (variant.own === undefined || variant.own === 'meta-2025') return codes;
  const margin = surely ? 0 : slack;
  const reset = forgiven(pair, surely ? 0 : slack, drift);
  const counted = pair.requests
    .filter(({ ours, settled, sentAt }) => ours && (surely ? sentAt !== undefined : settled !== 'released'))
    .map(({ sentAt, countedAt, settled }) => (surely ? (sentAt ?? 0) : settled === 'reserved' ? now : countedAt));
  if (variant.own === 'ycloud') {
    if (what === 'request' && counted.filter((at) => at > reset && now - at < 3 * DAY + margin).length >= 2)
      codes.add('request_limit_three_days').add('request_in_progress');
    return codes;
  }
  const granted = pair.words.filter(({ told, answer }) => told && answer !== 'reject').map(({ at }) => at);
  if (what === 'request') {
    const since = Math.max(reset, ...granted.map((at) => at - (surely ? 0 : slack)), Number.NEGATIVE_INFINITY);
    // A request and the grant it brought may be told in another order: those of the same time are in doubt.
    if (counted.filter((at) => at > since + (surely ? slack : 0)).length >= 3) codes.add('request_limit_total');
    return codes;
  }
  const heard = pair.words.filter(({ told }) => told).sort((a, b) => b.at - a.at);
  const [newest] = heard;
  if (newest === undefined || newest.answer === 'reject') return codes;
  if (now + margin >= (surely ? newest.at : grantedAt(newest, heard, slack)) + DAY)
    codes.add('permission_expired').add('permission_pending').add('permission_not_requested');
  const used = pair.calls.filter((call) => {
    if (call.by === 'person') return false;
    if (call.by === 'another system') return !surely && call.told.size > 0 && call.countedAt >= newest.at - slack;
    if (call.under !== newest && (surely || call.countedAt < newest.at - slack)) return false;
    return knownConnected(call) || (!surely && call.settled !== 'released' && !knownEnded(call));
  });
  if (used.length >= 1) codes.add('permission_used_up');
  return codes;
}

/** A refusal of WhatsApp tells that there is a permission, not since when: it may be the one that was held already. */
function grantedAt(newest: Word, heard: readonly Word[], slack: number): Instant {
  const before = heard.find(({ byRefusal }) => byRefusal !== true);
  const held = before !== undefined && before.answer !== 'reject' && newest.at < before.at + DAY + slack;
  return newest.byRefusal === true && held ? before.at : newest.at;
}

/** Requests up to here are forgiven by a call that was picked up. */
function forgiven(pair: Pair, slack: number, drift: number): Instant {
  let at = Number.NEGATIVE_INFINITY;
  for (const call of pair.calls)
    if (knownConnected(call) && call.pickedUpAt !== undefined) {
      const earlier = call.pickedUpAt - slack;
      at = Math.max(at, call.by === 'ours' && slack > 0 ? Math.max(call.reservedAt - 1 - drift, earlier) : earlier);
    }
  return at;
}
