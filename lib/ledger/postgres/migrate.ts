import { LedgerError } from '../ledger.ts';
import type { Answer, Link } from './link.ts';
import { migrations, TABLES } from './schema.ts';

/** PostgreSQL 13 is the oldest that its makers still knew when this was written. */
const OLDEST = 130_000;

/**
 * Brings the schema to this version. Several instances may come at once: one migrates, the others wait for it.
 *
 * @param now in milliseconds, for a new store
 * @throws LedgerError, or what the server says
 */
export async function migrate(link: Link, schema: string, location: string, now: number | undefined): Promise<void> {
  const s = `"${schema}"`;
  const [server] = await rows(link, [
    {
      text: `SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,
        to_regclass($1) IS NOT NULL AS ours`,
      values: [`${s}.migration`],
    },
  ]);
  if (Number(server?.version) < OLDEST) {
    throw new LedgerError(
      'store_unavailable',
      `The permission store ${location} needs PostgreSQL 13 or newer; this server is version ${Math.floor(Number(server?.version) / 10_000)}.`,
      'Update PostgreSQL, or use another server.',
    );
  }
  if (server?.encoding !== 'UTF8') {
    throw new LedgerError(
      'store_unavailable',
      `The database of the permission store ${location} is encoded in ${String(server?.encoding)}, which cannot hold every name.`,
      "Create one with: CREATE DATABASE <name> ENCODING 'UTF8' TEMPLATE template0;",
    );
  }
  const steps = migrations(s);
  if (server.ours === true && (await version(link, s)) === steps.length) return;
  await migrateLocked(link, schema, location, steps, now);
}

async function migrateLocked(
  link: Link,
  schema: string,
  location: string,
  steps: readonly string[],
  now: number | undefined,
): Promise<void> {
  const s = `"${schema}"`;
  let within: Link['client'];
  try {
    await link.exchange([
      { text: 'BEGIN' },
      // Until the end of this transaction, so that it works behind a pooler too.
      { text: `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, values: [`whatsapp-calling ${schema}`] },
    ]);
    // On a new connection every statement would be a transaction of its own.
    within = link.client;
    const [found] = await rows(link, [
      {
        text: `SELECT to_regclass($1) IS NOT NULL AS ours, EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $2) AS there,
          EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $2 AND c.relname = ANY($3)) AS taken`,
        values: [`${s}.migration`, schema, TABLES],
      },
    ]);
    if (found?.ours !== true) {
      if (found?.taken === true) throw foreign(schema, location);
      // Asking for a schema that exists needs the right to make one all the same.
      if (found?.there !== true) await link.exchange([{ text: `CREATE SCHEMA ${s}` }], within);
      await link.exchange(
        [{ text: `CREATE TABLE ${s}.migration(version integer PRIMARY KEY, applied_at bigint NOT NULL)` }],
        within,
      );
    }
    const from = await version(link, s, within);
    if (from > steps.length) throw newer(schema, location, from, steps.length);
    for (let done = from; done < steps.length; done++) {
      await link.exchange(
        [
          { text: steps[done] ?? '' },
          {
            text: `INSERT INTO ${s}.migration(version, applied_at) VALUES($1, coalesce($2::bigint, ${NOW}))`,
            values: [done + 1, now ?? null],
          },
        ],
        within,
      );
    }
    await link.exchange(
      [
        {
          text: `INSERT INTO ${s}.chain(seq, hash, last_at, created_at)
          SELECT 0, decode(repeat('00', 32), 'hex'), t.now, t.now FROM (SELECT coalesce($1::bigint, ${NOW}) AS now) t
          ON CONFLICT DO NOTHING`,
          values: [now ?? null],
        },
        { text: 'COMMIT' },
      ],
      within,
    );
  } catch (error) {
    await link.exchange([{ text: 'ROLLBACK' }]).catch(() => undefined);
    throw error;
  }
}

/** The server's clock at this moment, in milliseconds; not the time at which the transaction began. */
export const NOW = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

async function version(link: Link, s: string, within?: Link['client']): Promise<number> {
  const [row] = await rows(link, [{ text: `SELECT coalesce(max(version), 0) AS version FROM ${s}.migration` }], within);
  return Number(row?.version);
}

async function rows(
  link: Link,
  statements: Parameters<Link['exchange']>[0],
  within?: Link['client'],
): Promise<Answer['rows']> {
  const [answer] = await link.exchange(statements, within);
  return answer?.rows ?? [];
}

function newer(schema: string, location: string, found: number, known: number): LedgerError {
  return new LedgerError(
    'store_newer_version',
    `The permission store ${location} (schema ${schema}) was written by a newer version of this package (format ${found}, known: ${known}).`,
    'Update this package, or choose another schema. The database was not touched.',
  );
}

function foreign(schema: string, location: string): LedgerError {
  return new LedgerError(
    'store_corrupt',
    `The schema ${schema} of the permission store ${location} holds another program's tables.`,
    'Choose another schema for the permission store.',
  );
}
