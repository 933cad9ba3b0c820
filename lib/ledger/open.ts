import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { OptOutWords } from '../permission/opt-out.ts';
import type { ProfileOverrides } from '../permission/overrides.ts';
import { DEFAULT_PROFILE, findProfile, profileNames } from '../permission/rules.ts';
import { checked, optOutWords, retentionDays } from './input.ts';
import { type Ledger, LedgerError } from './ledger.ts';
import { makeFolder } from './make-folder.ts';
import { checkOverrides } from './overrides-input.ts';
import { connectionSettings } from './postgres/connection-settings.ts';
import { PostgresEngine } from './postgres/engine.ts';
import { SqliteEngine } from './sqlite/engine.ts';
import { LINGER_MS } from './timings.ts';

export type LedgerSettings = SqliteSettings | PostgresSettings;

export interface SqliteSettings extends CommonSettings {
  engine: 'sqlite';
  /** File of the store. `:memory:` keeps everything in memory, for this opening alone. */
  path: string;
}

export interface PostgresSettings extends CommonSettings {
  engine: 'postgres';
  /** URL (`postgresql://user:password@host:5432/database`) or words (`host=… port=… dbname=… user=… password=…`). A secret. */
  connection: string;
  /** Schema of the database that holds the store, made if it is not there; `whatsapp_calling` if left out. */
  schema?: string;
}

interface CommonSettings {
  /** Name of the rule profile; `meta-2026` if left out. */
  profile?: string;
  overrides?: ProfileOverrides;
  /** Changes to the list of words by which people opt out. */
  optOut?: OptOutWords;
  /** How many days records are kept (`docs/adr/0009-erasure-and-retention.md`); for ever if left out. */
  retentionDays?: number;
  /** For tests: wall and steady milliseconds as two float64, which the test moves. */
  clock?: SharedArrayBuffer;
}

/** A share in an open ledger. */
export interface LedgerLease {
  readonly ledger: Ledger;
  /** The name under which this process keeps its calls; calls of another owner belong to a process that died. */
  readonly owner: string;
  /** Gives the share back. The ledger itself is closed a few seconds after the last one, unless it is wanted again. */
  release(): Promise<void>;
}

const DEFAULT_SCHEMA = 'whatsapp_calling';

const common = {
  profile: z.string().max(64).optional(),
  overrides: z.unknown().optional(),
  optOut: optOutWords.optional(),
  retentionDays: retentionDays.optional(),
};
const settingsInput = z.discriminatedUnion('engine', [
  z.object({ engine: z.literal('sqlite'), path: z.string().min(1).max(4_096), ...common }),
  z.object({
    engine: z.literal('postgres'),
    connection: z.string().min(1).max(8_192),
    schema: z.string().optional(),
    ...common,
  }),
]);

type Engine = SqliteEngine | PostgresEngine;

interface Shared {
  opening: Promise<Engine>;
  /** Settings as text: two openings of one file must mean the same rules. */
  rules: string;
  leases: number;
  linger?: NodeJS.Timeout;
}

/** Open engines of this process by the real path of their file, or by connection and schema. */
const open = new Map<string, Shared>();
/** Engines that are closing; a new opening of the file waits for them. */
const closing = new Map<string, Promise<void>>();

/**
 * Opens the ledger of a file or of a database, or shares it if this process has it open already: one engine per real path, or
 * per connection and schema, counted.
 * After the last `release` it lingers for about three seconds, because a redeploy closes it and opens it again at once.
 *
 * @throws LedgerError `bad_input` for wrong settings, or if the store is open here under other rules; else why it cannot be had
 */
export async function openLedger(settings: LedgerSettings): Promise<LedgerLease> {
  checked(settingsInput, settings, 'setting of the permission store');
  checkOverrides(settings.overrides ?? {});
  const name = settings.profile ?? DEFAULT_PROFILE;
  const profile = findProfile(name, settings.overrides ?? {});
  if (profile === undefined) {
    throw new LedgerError(
      'bad_input',
      'The permission store names a rule profile that does not exist.',
      `Choose one of: ${profileNames().join(', ')}.`,
    );
  }
  const clock = settings.clock === undefined ? {} : { clock: settings.clock };
  const { added = [], removed = [] } = settings.optOut ?? {};
  const words = added.length + removed.length === 0 ? {} : { optOut: { added, removed } };
  const keep = settings.retentionDays === undefined ? {} : { retentionDays: settings.retentionDays };
  const how = { profile, ...words, ...keep };
  if (settings.engine === 'sqlite' && settings.path === ':memory:') {
    const ledger = await SqliteEngine.open({ path: settings.path, ...how, ...clock });
    return { ledger, owner: ledger.owner, release: () => ledger.close() };
  }
  const place = settings.engine === 'sqlite' ? filePlace(settings) : databasePlace(settings);
  const { key } = place;
  const shared = await share(key, place.location, JSON.stringify(how), () => place.open({ ...how, ...clock }));
  const ledger = await shared.opening;
  let released = false;
  return {
    ledger,
    owner: ledger.owner,
    release: async () => {
      if (released) return;
      released = true;
      giveBack(key, shared);
    },
  };
}

type Rules = Omit<Parameters<typeof SqliteEngine.open>[0], 'path' | 'maxPages'>;
/** Where a store is, and how it is opened there. */
interface Place {
  /** The same for every spelling of the same place. May hold a password. */
  key: string;
  location: string;
  open(rules: Rules): Promise<Engine>;
}

function filePlace({ path: given }: SqliteSettings): Place {
  const path = realPath(given);
  return { key: path, location: path, open: (rules) => SqliteEngine.open({ path, ...rules }) };
}

function databasePlace({ connection, schema = DEFAULT_SCHEMA }: PostgresSettings): Place {
  if (!/^(?!pg_)[a-z_][a-z0-9_]{0,40}$/.test(schema)) {
    throw new LedgerError(
      'bad_input',
      'The permission store cannot use a schema of this name.',
      'Take up to 41 small letters, digits and underscores, beginning with a letter, but not with pg_.',
    );
  }
  const { url, location } = connectionSettings(connection);
  return {
    key: `${url} ${schema}`,
    location: `${location}, schema ${schema}`,
    open: (rules) => PostgresEngine.open({ connection, schema, ...rules }),
  };
}

async function share(path: string, location: string, rules: string, start: () => Promise<Engine>): Promise<Shared> {
  for (;;) {
    const known = open.get(path);
    if (known === undefined) {
      const closed = closing.get(path);
      if (closed === undefined) break;
      await closed;
      continue;
    }
    if (known.rules === rules) {
      known.leases++;
      clearTimeout(known.linger);
      return known;
    }
    if (known.leases > 0) {
      throw new LedgerError(
        'bad_input',
        `The permission store ${location} is open with other rules already.`,
        'Let all nodes share one permission store node for it, or give this one another place.',
      );
    }
    // The rules were edited: the old engine is only lingering.
    await shut(path, known);
  }
  const shared: Shared = { opening: start(), rules, leases: 1 };
  open.set(path, shared);
  shared.opening.catch(() => {
    if (open.get(path) === shared) open.delete(path);
  });
  return shared;
}

function giveBack(path: string, shared: Shared): void {
  shared.leases--;
  if (shared.leases > 0) return;
  shared.linger = setTimeout(() => void shut(path, shared), LINGER_MS);
  // An idle ledger never keeps a process alive; what it acknowledged is on disk already.
  shared.linger.unref();
}

/** Closes an engine without leases. */
function shut(path: string, shared: Shared): Promise<void> {
  clearTimeout(shared.linger);
  if (open.get(path) !== shared) return closing.get(path) ?? Promise.resolve();
  open.delete(path);
  const closed = shared.opening
    .then((engine) => engine.close())
    .catch(() => undefined)
    .finally(() => closing.delete(path));
  closing.set(path, closed);
  return closed;
}

/** Closes every lingering ledger at once, for a process that ends and for tests. Leased ones stay. */
export async function closeLingering(): Promise<void> {
  await Promise.all([...open].filter(([, shared]) => shared.leases === 0).map(([path, shared]) => shut(path, shared)));
  await Promise.all(closing.values());
}

/** The path without links, so that two spellings of one file share one engine. The file itself may not exist yet. */
function realPath(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    // Not there yet.
  }
  try {
    makeFolder(dirname(absolute));
    return join(realpathSync(dirname(absolute)), basename(absolute));
  } catch {
    // The engine says what is wrong with the folder.
    return absolute;
  }
}
