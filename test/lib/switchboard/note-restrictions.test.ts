import { strict as assert } from 'node:assert';
import type { CallingSettings, Restriction } from '../../../lib/provider/calling-settings.ts';
import type { ProviderEvent } from '../../../lib/provider/event.ts';
import type { Desk } from '../../../lib/switchboard/desk.ts';
import { noteRestrictions } from '../../../lib/switchboard/note-restrictions.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 21, 8);

describe('restrictions in the settings', () => {
  let events: ProviderEvent[];
  let log: string[];
  let now: number;
  let down: boolean;
  beforeEach(() => {
    events = [];
    log = [];
    now = NOW;
    down = false;
  });
  const note = (...restrictions: Restriction[]): Promise<void> => {
    const ledger = {
      append: async (more: ProviderEvent[]) => {
        if (down) throw new Error('no disk');
        events.push(...more);
        return [];
      },
    };
    const desk = {
      deps: {
        ledger,
        businessNumber: { id: '7246', phone: '351' },
        now: () => now,
        log: (_: string, text: string) => log.push(text),
      },
      registry: { expire: () => [] },
    };
    return noteRestrictions(desk as unknown as Desk, { restrictions } as CallingSettings);
  };
  const calls = (until?: number): Restriction => ({
    type: 'RESTRICTED_BUSINESS_INITIATED_CALLING',
    outgoing: true,
    ...(until === undefined ? {} : { until }),
  });

  it('are not lost on the reader if the store is down', async () => {
    down = true;
    await note(calls(NOW + DAY));
    assert.match(log.join(), /could not be stored: .*no disk/);
  });

  it('of incoming calls, and those that are over, are left alone', async () => {
    await note({ type: 'RESTRICTED_USER_INITIATED_CALLING', outgoing: false }, calls(NOW), calls(NOW - 1));
    assert.deepEqual(events, []);
  });

  it('are the same event for as long as their end is the same', async () => {
    await note(calls(NOW + DAY));
    now += 60_000;
    await note(calls(NOW + DAY));
    await note(calls(NOW + 2 * DAY));
    assert.deepEqual(
      events.map(({ id }) => id === events[0]?.id),
      [true, true, false],
    );
    const [first] = events;
    assert.ok(first?.type === 'account.restricted');
    assert.deepEqual([first.until, first.warning, first.businessNumberId], [NOW + DAY, false, '7246']);
  });

  it('without an end count anew every day that they are read', async () => {
    await note(calls());
    await note(calls());
    now += DAY;
    await note(calls());
    assert.deepEqual(
      events.map(({ id }) => id === events[0]?.id),
      [true, true, false],
    );
    assert.ok(events[0]?.type === 'account.restricted' && events[0].until === undefined);
  });
});
