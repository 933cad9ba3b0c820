/*
 * Webhooks from the socket to the reply: Express, HMAC over the raw body, parsing, one durable commit, 200. Signed bodies in Meta's shape are
 * offered at a fixed rate, whether or not the receiver keeps up; latency counts from when a webhook was due. In one run, in turns:
 *   none      no store: HTTP, signature and parsing alone, the limit of this machine
 *   inline    the SQLite store in the receiver's own thread, one commit each
 *   sqlite    the ledger as the nodes use it
 *   postgres  the same on a PostgreSQL server of the bench's own (or --connection=URL)
 *
 *   node bench/webhooks.ts [--rate=2000] [--seconds=60] [--stores=none,inline,sqlite,postgres] [--connection=URL] [--folder=DIR]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { PostgresServer } from '../test/postgres.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '60' },
    stores: { type: 'string', default: 'none,inline,sqlite,postgres' },
    connection: { type: 'string', default: '' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const RATE = Number(values.rate);
const SECONDS = Number(values.seconds);
const CONNECTIONS = 64;
const NUMBER = '724600113355779';
const SECRET = 'bench-secret';
const PEOPLE = 20_000;

/** The webhooks of one call after another: ringing, accepted, terminate; and a message now and then. No two are the same. */
function body(index: number): Buffer {
  const call = Math.floor(index / 4);
  const to = `5511${900_000_000 + (call % PEOPLE)}`;
  const id = `wacid.${call}`;
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const status = (word: string): object => ({
    field: 'calls',
    value: { statuses: [{ id, type: 'call', timestamp, recipient_id: to, status: word }] },
  });
  const changes: (() => object)[] = [
    () => status('RINGING'),
    () => status('ACCEPTED'),
    () => ({
      field: 'calls',
      value: {
        calls: [
          {
            id,
            from: '351219876500',
            to,
            event: 'terminate',
            direction: 'BUSINESS_INITIATED',
            timestamp,
            status: 'COMPLETED',
            start_time: timestamp,
            end_time: timestamp,
            duration: 30,
          },
        ],
      },
    }),
    () => ({
      field: 'messages',
      value: {
        contacts: [{ wa_id: to, profile: { name: 'A person' } }],
        messages: [{ id: `wamid.${index}`, from: to, timestamp, type: 'text', text: { body: 'see you at four' } }],
      },
    }),
  ];
  const change = changes[index % 4]?.() as { field: string; value: object };
  const metadata = { display_phone_number: '351219876500', phone_number_id: NUMBER };
  return Buffer.from(
    JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [
        {
          id: '109988776655443',
          changes: [{ field: change.field, value: { messaging_product: 'whatsapp', metadata, ...change.value } }],
        },
      ],
    }),
  );
}

interface Result {
  served: number;
  p50: number;
  p99: number;
  slowest: number;
  refused: number;
  lost: number;
  loopP99: number;
  mostOpen: number;
  megabytes: number;
}

async function measure(store: string, connection: string): Promise<Result> {
  const folder = mkdtempSync(join(values.folder, 'wa-webhooks-'));
  const child = fork(
    join(dirname(process.argv[1] ?? ''), 'webhook-receiver.ts'),
    [
      `--store=${store}`,
      `--path=${join(folder, 'store.sqlite')}`,
      `--number=${NUMBER}`,
      `--secret=${SECRET}`,
      `--connection=${connection}`,
    ],
    { stdio: 'inherit' },
  );
  try {
    const { port } = (await answer(child)) as { port: number };
    const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    // Connections, compiled code and a first commit are not what is measured.
    await offer(port, agent, 200, 0, 1);
    child.send('reset');
    const offered = await offer(port, agent, RATE, 1_000_000, SECONDS);
    await new Promise((resolve) => setTimeout(resolve, 500));
    agent.destroy();
    child.send('end');
    const end = (await answer(child)) as { appended: number; loopP99: number; memory: number };
    const { latencies, elapsed, refused, mostOpen, accepted } = offered;
    latencies.sort((a, b) => a - b);
    const at = (share: number): number =>
      latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
    return {
      served: (accepted / elapsed) * 1_000,
      p50: at(0.5),
      p99: at(0.99),
      slowest: at(1),
      refused,
      lost: accepted + 200 - end.appended,
      loopP99: end.loopP99,
      mostOpen,
      megabytes: end.memory / 1e6,
    };
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

function answer(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the receiver ended (${code})`)));
  });
}

/** Sends at a rate for a time, then waits for the last answers. */
async function offer(port: number, agent: http.Agent, rate: number, firstIndex: number, seconds: number) {
  const latencies: number[] = [];
  let accepted = 0;
  let refused = 0;
  let open = 0;
  let mostOpen = 0;
  const total = Math.round(rate * seconds);
  const started = performance.now();
  const one = (index: number, due: number): Promise<void> =>
    new Promise((resolve) => {
      const payload = body(firstIndex + index);
      const signature = createHmac('sha256', SECRET).update(payload).digest('hex');
      const over = (ok: boolean): void => {
        open--;
        if (ok) accepted++;
        else refused++;
        latencies.push(performance.now() - due);
        resolve();
      };
      mostOpen = Math.max(mostOpen, ++open);
      const request = http.request(
        {
          port,
          host: '127.0.0.1',
          path: '/webhook',
          method: 'POST',
          agent,
          headers: {
            'content-type': 'application/json',
            'content-length': payload.length,
            'x-hub-signature-256': `sha256=${signature}`,
          },
        },
        (response) => {
          response.resume();
          response.on('end', () => over(response.statusCode === 200));
        },
      );
      request.on('error', () => over(false));
      request.end(payload);
    });
  const all: Promise<void>[] = [];
  while (all.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1_000) * rate) + 1);
    while (all.length < due) all.push(one(all.length, started + (all.length / rate) * 1_000));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(all);
  return { latencies, elapsed: performance.now() - started, accepted, refused, mostOpen };
}

async function main(): Promise<void> {
  const stores = values.stores.split(',');
  const server = stores.includes('postgres') && values.connection === '' ? await PostgresServer.start() : undefined;
  console.log(
    `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}; sender on the same machine`,
  );
  console.log(`${RATE} webhooks per second offered for ${SECONDS} s on ${CONNECTIONS} connections; times in ms\n`);
  console.log('| store | 200 per s | p50 | p99 | slowest | refused | lost | loop delay p99 | most open | MB |');
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  for (const store of stores) {
    const r = await measure(store, server?.url() ?? values.connection);
    console.log(
      `| ${store} | ${r.served.toFixed(0)} | ${r.p50.toFixed(1)} | ${r.p99.toFixed(1)} | ${r.slowest.toFixed(0)} | ${r.refused} | ` +
        `${r.lost} | ${r.loopP99.toFixed(1)} | ${r.mostOpen} | ${r.megabytes.toFixed(0)} |`,
    );
  }
  await server?.remove();
}

main();
