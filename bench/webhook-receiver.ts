/*
 * The receiving half of bench/webhooks.ts, a process of its own: Express, raw body, HMAC, parse, store, 200. Talks to the bench over
 * the process channel.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import express from 'express';
import type { Appended, Ledger } from '../lib/ledger/ledger.ts';
import { openLedger } from '../lib/ledger/open.ts';
import { SqliteStore } from '../lib/ledger/sqlite/store.ts';
import { findProfile } from '../lib/permission/rules.ts';
import type { ProviderEvent } from '../lib/provider/event.ts';
import { createProvider } from '../lib/provider/meta/create.ts';
import { WebhookEndpoint } from '../lib/webhook/endpoint.ts';
import { bindWebhook, type RoutableApp } from '../lib/webhook/express-route.ts';

const { values } = parseArgs({
  options: {
    store: { type: 'string' },
    path: { type: 'string' },
    number: { type: 'string' },
    secret: { type: 'string' },
    connection: { type: 'string', default: '' },
  },
});
const { store = '', path = '', number = '', secret = '', connection } = values;

/** What stands behind the endpoint. */
interface Behind {
  append(events: ProviderEvent[]): Promise<Appended[]>;
  dispatched(ids: string[]): Promise<void>;
  close(): Promise<void>;
}

async function behind(): Promise<Behind> {
  if (store === 'none') return nothing();
  if (store === 'inline') return inline();
  const lease = await openLedger(
    store === 'postgres' ? { engine: 'postgres', connection } : { engine: 'sqlite', path },
  );
  const ledger: Ledger = lease.ledger;
  return {
    append: (events) => ledger.append(events),
    dispatched: (ids) => ledger.dispatched(ids),
    close: async () => {
      await lease.release();
      await ledger.close();
    },
  };
}

/** HTTP, signature and parsing alone: what no store could be faster than. */
function nothing(): Behind {
  return {
    append: async (events) => events.map((event) => ({ event, fresh: true, effects: [] })),
    dispatched: async () => {},
    close: async () => {},
  };
}

/** The same store in the caller's thread, one commit for each webhook. */
function inline(): Behind {
  const profile = findProfile('meta-2026');
  if (profile === undefined) throw new Error('the default profile is missing');
  const time = { wall: () => Date.now(), steady: () => performance.now() };
  const sqlite = new SqliteStore({ path, profile, owner: 'bench', time });
  let commits = 0;
  const run = (name: 'append' | 'dispatched', args: unknown[]): unknown => {
    const [outcome] = sqlite.run([{ name, args }]);
    // About as often as SQLite does it by itself.
    if (++commits % 200 === 0) sqlite.checkpoint();
    if (outcome?.ok !== true) throw outcome?.error;
    return outcome.value;
  };
  return {
    append: async (events) => {
      const news = run('append', [events]) as Omit<Appended, 'event'>[];
      return events.map((event, index) => ({ event, fresh: true, effects: [], ...news[index] }));
    },
    dispatched: async (ids) => void run('dispatched', [ids]),
    close: async () => sqlite.close(),
  };
}

async function main(): Promise<void> {
  const ledger = await behind();
  let appended = 0;
  const endpoint = new WebhookEndpoint();
  endpoint.add({
    businessNumberId: number,
    provider: createProvider({ profile: 'meta', phoneNumberId: number, accessToken: 't', appSecrets: [secret] }),
    append: (events) => ledger.append(events),
    // What the nodes would do after the reply, without the flows: report the events as handed out.
    handle: async (items) => {
      appended += items.filter(({ fresh }) => fresh).length;
      await ledger.dispatched(items.map(({ event }) => event.id));
    },
  });
  const app = express();
  bindWebhook(app as unknown as RoutableApp, '/webhook', endpoint);
  const server = http.createServer(app);
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  process.on('message', async (message) => {
    if (message === 'reset') delay.reset();
    if (message !== 'end') return;
    const loopP99 = delay.percentile(99) / 1e6;
    server.closeAllConnections();
    server.close();
    await ledger.close();
    process.send?.({ appended, loopP99, memory: process.memoryUsage().rss });
    process.disconnect();
  });
}

main();
