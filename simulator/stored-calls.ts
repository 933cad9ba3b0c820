import { newCall } from './call.ts';
import { TIMES } from './call-script.ts';
import type { StoredCall } from './state.ts';
import type { World } from './world.ts';

/** Live calls for the state file. */
export function storedCalls(world: World): StoredCall[] {
  return world.calls.liveCalls().map((call) => ({
    id: call.id,
    userId: call.person.userId,
    direction: call.direction,
    state: call.state as StoredCall['state'],
    placedAt: call.placedAt,
    rang: call.rang,
    ...(call.pickedUpAt === undefined ? {} : { pickedUpAt: call.pickedUpAt }),
    ...(call.opaque === undefined ? {} : { opaque: call.opaque }),
  }));
}

/** After a restart the voices are gone: calls end as they do when the business's media stops, or when nobody answers. */
export function restoreCalls(world: World): void {
  const { calls, clock, state, ringSeconds } = world;
  for (const stored of state.calls) {
    const person = state.people.find((candidate) => candidate.userId === stored.userId);
    if (!person) continue;
    const call = newCall(stored.id, person, stored.direction, stored.placedAt, { name: 'interactive' });
    call.state = stored.state === 'connecting' ? 'ringing' : stored.state;
    call.rang = stored.rang;
    if (stored.opaque !== undefined) call.opaque = stored.opaque;
    if (stored.pickedUpAt !== undefined) call.pickedUpAt = stored.pickedUpAt;
    calls.adopt(call);
    if (call.state === 'in_call') {
      calls.plan(call, 'no_media', TIMES.noMediaLater, () => calls.fail(call, 138021));
    } else {
      const left = ringSeconds - (clock.now() - call.placedAt) / 1000;
      calls.plan(call, 'ring_timeout', Math.max(left, 1), () => calls.finish(call, 'no_answer'));
    }
  }
}
