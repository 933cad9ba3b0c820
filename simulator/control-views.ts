import type { View } from './control.ts';
import { callUse, cardState, permissionNow, requestUse } from './rules.ts';
import { countryOfNumber, limitsOf, pairWith, type World } from './world.ts';

/** What `GET /control/<view>` shows. */
export function view(world: World, name: View): Record<string, unknown> {
  const { log, sender } = world;
  if (name === 'requests') return { total: log.total.requests, requests: log.requests };
  if (name === 'violations') return { total: log.total.violations, violations: log.violations };
  if (name === 'webhooks') return { target: target(world), deliveries: sender.deliveries };
  return state(world);
}

/** Without the verify token. */
function target(world: World): Record<string, unknown> | null {
  const { target: to } = world.sender;
  return to ? { url: to.url, verified: to.verified, ...(to.problem ? { problem: to.problem } : {}) } : null;
}

function state(world: World): Record<string, unknown> {
  const now = world.clock.now();
  const limits = limitsOf(world);
  const { override, started, ...number } = world.state.number;
  return {
    now: new Date(now).toISOString(),
    number: { ...number, country: countryOfNumber(world.state.number), startedLastDay: started.length },
    people: world.state.people.map((person) => {
      const pair = pairWith(world, person);
      return {
        ...person,
        watched: world.hub.watches(person),
        permission: permissionNow(pair, now),
        requests: pair.requests.map((card) => ({ id: card.id, at: card.at, state: cardState(card, now) })),
        requestUse: requestUse(pair, limits, now),
        callUse: callUse(pair, limits, now),
        unanswered: pair.unanswered,
        windowUntil: pair.windowFrom === undefined ? null : pair.windowFrom + 86_400_000,
      };
    }),
    calls: [...world.calls.ended, ...world.calls.liveCalls()].map((call) => ({
      id: call.id,
      userId: call.person.userId,
      direction: call.direction,
      state: call.state,
      script: call.script.name,
      placedAt: call.placedAt,
      pickedUpAt: call.pickedUpAt,
      endedAt: call.endedAt,
      outcome: call.outcome,
      opaque: call.opaque,
    })),
    webhook: target(world),
    undelivered: world.state.undelivered.length,
    faults: world.faults,
  };
}
