import { strict as assert } from 'node:assert';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import type { Profile } from '../../../lib/permission/profile.ts';
import type { ProviderEvent } from '../../../lib/provider/event.ts';
import { postgresServer } from '../../postgres.ts';
import { sqliteInProcess } from './model/in-process.ts';
import { twoInstances } from './model/on-postgres.ts';
import { ModelFailure, runModel } from './model/run-model.ts';
import { VARIANTS } from './model/variants.ts';

/** As many histories as every run of the tests plays under these rules. */
const HISTORIES = 2_000;
const SEED = 20_261_121;
const small = VARIANTS.filter(({ name }) => name === 'small-limits');

interface Fault {
  profile?: (profile: Profile) => Profile;
  ledger?: (ledger: Ledger) => Partial<Ledger>;
}

const plusOne = (rules: Profile['requests']): Profile['requests'] =>
  rules.map((rule) => ({ ...rule, allowed: rule.allowed + 1 }));

/** Faults of rules and stores, each so small that a single example would hardly meet it. */
const FAULTS: Record<string, Fault> = {
  'one connected call too many': {
    profile: (profile) => ({
      ...profile,
      connectedCalls: { ...profile.connectedCalls, allowed: profile.connectedCalls.allowed + 1 },
    }),
  },
  'one request too many': { profile: (profile) => ({ ...profile, requests: plusOne(profile.requests) }) },
  'one call at a time too many': {
    profile: (profile) => ({
      ...profile,
      livePerNumber: { ...profile.livePerNumber, allowed: profile.livePerNumber.allowed + 1 },
    }),
  },
  'no skew at the edges of windows': { profile: (profile) => ({ ...profile, skewMs: 0 }) },
  'a skew of two hours': { profile: (profile) => ({ ...profile, skewMs: 7_200_000 }) },
  'the permission is taken for ended an unanswered call too early': {
    profile: (profile) => ({ ...profile, unanswered: { ...profile.unanswered, revokeAt: 3 } }),
  },
  'unknown reservations do not count': {
    ledger: (ledger) => ({
      settle: (id, settlement) =>
        ledger.settle(id, settlement.state === 'unknown' ? { state: 'released', why: 'fault' } : settlement),
    }),
  },
  'a late reply is applied over a newer one': {
    ledger: (ledger) => {
      let newest = 0;
      const asNewest = (event: ProviderEvent): ProviderEvent => {
        newest = Math.max(newest, event.at);
        return event.type === 'permission.replied' ? { ...event, at: newest } : event;
      };
      return { append: (events) => ledger.append(events.map(asNewest)) };
    },
  },
  'one event in twenty is acknowledged and lost': {
    ledger: (ledger) => {
      let count = 0;
      return {
        append: async (events) => {
          const kept = events.filter(() => ++count % 20 !== 0);
          const appended = kept.length === 0 ? [] : await ledger.append(kept);
          return events.map(
            (event) => appended.find((one) => one.event.id === event.id) ?? { event, fresh: true, effects: [] },
          );
        },
      };
    },
  },
  'an opt-out in a message is not heard': {
    ledger: (ledger) => ({
      append: (events) =>
        ledger.append(events.map((event) => (event.type === 'message.received' ? { ...event, text: 'hi' } : event))),
    }),
  },
};

describe('the model can fail', () => {
  for (const [name, fault] of Object.entries(FAULTS)) {
    it(`finds: ${name}`, async function () {
      this.timeout(300_000);
      await assert.rejects(
        runModel({
          histories: HISTORIES,
          seed: SEED,
          variants: small,
          quick: true,
          store: (profile) => {
            const engine = sqliteInProcess(fault.profile?.(profile) ?? profile, false);
            const ledger = faulty(engine.ledger, fault.ledger?.(engine.ledger) ?? {});
            return { ledger, clock: engine.clock, close: () => engine.close() };
          },
        }),
        (error) => {
          assert.ok(error instanceof ModelFailure, String(error));
          assert.ok(error.found <= HISTORIES);
          // Whoever reads it can follow what happened, and play it again.
          assert.match(error.message, /What happened:\n {2}\d\d-\d\dT/);
          assert.match(error.message, /WA_MODEL_VARIANT=small-limits WA_MODEL_SEED=-?\d+ WA_MODEL_PATH=[\d:]+/);
          return true;
        },
      );
    });
  }
});

describe('the same model on PostgreSQL', () => {
  it('finds a fault as well, and tells the smallest history that shows it', async function () {
    this.timeout(300_000);
    const server = await postgresServer();
    const fault = FAULTS['one request too many'] as Fault;
    await assert.rejects(
      runModel({
        histories: 300,
        seed: SEED,
        variants: small,
        engine: 'postgres',
        store: (profile) => twoInstances(server.url(), fault.profile?.(profile) ?? profile),
      }),
      (error) => {
        assert.ok(error instanceof ModelFailure, String(error));
        assert.match(error.message, /What happened:\n {2}\d\d-\d\dT/);
        assert.match(error.message, /WA_MODEL_ENGINE=postgres WA_MODEL_VARIANT=small-limits WA_MODEL_SEED=-?\d+/);
        // Small: nothing is left of it but what the fault needs.
        const steps: unknown = JSON.parse(/^Steps: (.*)$/m.exec(error.message)?.[1] ?? '{}').steps;
        assert.ok(Array.isArray(steps) && steps.length <= 4, error.message);
        return true;
      },
    );
  });
});

function faulty(ledger: Ledger, changes: Partial<Ledger>): Ledger {
  return new Proxy(ledger, {
    get(target, name) {
      const member = changes[name as keyof Ledger] ?? (target[name as keyof Ledger] as unknown);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
