import type { Appended } from '../ledger/ledger.ts';
import type { ProviderEvent } from '../provider/event.ts';
import { hearCallback } from './callback-book.ts';
import { type AppendedCall, type Desk, inBackground, tellCall } from './desk.ts';
import { durably } from './durably.ts';
import { fetchCapture } from './fetch-capture.ts';
import { confirmOptOut, stopFor } from './opt-out.ts';
import { tellPermission } from './permission-change.ts';
import { giveUp, reactToCall } from './react-to-call.ts';
import { tellMessageStatus } from './tell-message-status.ts';

/**
 * Hands events that are durable in the ledger to calls and flows. Duplicates change nothing. Resolves when listeners
 * heard what they can hear now; what is not understood is left alone.
 */
export async function react(desk: Desk, appended: Appended[]): Promise<void> {
  const handedOut: string[] = [];
  for (const item of appended) if (isForUs(desk, item)) stopFor(desk, item.effects);
  for (const item of appended) {
    if (!isForUs(desk, item)) continue;
    // A call has to come to its end in any case; everything else can wait for the next start.
    if (desk.mute && !isCall(item)) continue;
    if (item.event.type === 'message.status') await tellMessageStatus(desk, item.event);
    // A wish that could not be written stays undispatched.
    if (item.event.type === 'message.received' && !(await hearCallback(desk, item.event))) continue;
    const when = reactTo(desk, item);
    if (desk.mute) continue;
    for (const effect of item.effects) {
      await tellPermission(desk, effect);
      if (effect.kind === 'opted_out') confirmOptOut(desk, effect);
    }
    if (when === 'done') handedOut.push(item.event.id);
  }
  giveUp(desk, desk.registry.expire(desk.deps.now()));
  if (handedOut.length > 0) await durably(desk, 'Events handed out', () => desk.deps.ledger.dispatched(handedOut));
}

function reactTo(desk: Desk, item: Appended): 'done' | 'later' {
  const { event } = item;
  if (isCall(item)) {
    warnUnanswered(desk, item);
    return reactToCall(desk, item);
  }
  if (event.type === 'capture.available') {
    inBackground(desk, 'Fetching what the provider kept of a call', fetchCapture(desk, event));
    return 'later';
  }
  if (event.type === 'unknown') {
    const change = desk.deps.provider.templates?.changeIn(event);
    if (change === undefined) return 'done';
    desk.templates.forget();
    desk.templateNews.tell(change);
  } else if (event.type === 'account.restricted') {
    const until = event.until === undefined ? '' : ` until ${new Date(event.until).toISOString()}`;
    desk.deps.log(
      'warn',
      `The provider ${event.warning ? 'warns of' : 'has put'} a restriction (${event.restriction})${until}.`,
    );
  }
  return 'done';
}

/** The person did not answer several times in a row: said before *ended*, while there is time to stop calling. */
function warnUnanswered(desk: Desk, item: AppendedCall): void {
  const call = desk.registry.of(item.event);
  if (call === undefined) return;
  for (const effect of item.effects) {
    if (effect.kind !== 'unanswered_warning') continue;
    const text = `${effect.count} calls in a row were not answered. WhatsApp now asks the person whether to go on allowing calls, and takes the permission back after more of them.`;
    tellCall(desk, call, { event: 'warning', text });
  }
}

function isCall(item: Appended): item is AppendedCall {
  return item.event.type.startsWith('call.');
}

/** Of a call that another instance holds, that one hears: it stays undispatched for it. */
function isForUs(desk: Desk, { fresh, owner, event }: Appended): boolean {
  const isHeldElsewhere = owner !== undefined && owner !== desk.deps.owner;
  return fresh && !isHeldElsewhere && isOurs(desk, event);
}

function isOurs(desk: Desk, event: ProviderEvent): boolean {
  return event.businessNumberId === '' || event.businessNumberId === desk.deps.businessNumber.id;
}
