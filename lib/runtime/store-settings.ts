import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import type { OptOutWords } from '../permission/opt-out.ts';
import type { ProfileOverrides } from '../permission/overrides.ts';
import { DEFAULT_PROFILE, profileNames } from '../permission/rules.ts';
import { number, oneOf, parseNodeConfig, text } from './node-config.ts';
import { ReportableError } from './reportable-error.ts';

/** How a ledger is opened. */
export type StoreSettings = StorePlace & {
  profile: string;
  overrides: ProfileOverrides;
  /** The store's own changes to the list of opt-out words. */
  optOut?: OptOutWords;
  /** Records older than this are removed, as far as no limit needs them; kept for ever if left out. */
  retentionDays?: number;
};
type StorePlace =
  | { engine: 'sqlite'; path: string }
  /** `connection` is a secret: it may hold a password. */
  | { engine: 'postgres'; connection: string; schema?: string };

/** What the editor keeps encrypted. */
export interface StoreSecrets {
  connection?: string;
}

const LONGEST_RETENTION = 36_500;
const SHAPE = {
  engine: oneOf(['sqlite', 'postgres']),
  path: text(),
  schema: text().refine(
    (name) => name === '' || /^(?!pg_)[a-z_][a-z0-9_]{0,40}$/.test(name),
    'must be up to 41 small letters, digits and underscores, begin with a letter, and not with pg_',
  ),
  retentionDays: number(0, { min: 0, max: LONGEST_RETENTION }),
  profile: oneOf(profileNames()),
  overrides: z.preprocess(
    (value) => (value === undefined || value === null ? '' : value),
    z.union([z.string(), z.record(z.string(), z.unknown())]),
  ),
  optOutAdded: text(),
  optOutRemoved: text(),
};

/** The store of a number that names none. */
export function defaultStore(userDir: string): StoreSettings {
  return { engine: 'sqlite', path: defaultPath(userDir), profile: DEFAULT_PROFILE, overrides: {} };
}

/**
 * Reads the properties of a `wa-call-permission-store` node.
 *
 * @param userDir relative paths are below it
 * @param secrets where a database is; needed by the engine `postgres` alone
 * @throws ReportableError `config_invalid`, which never repeats a value
 */
export function readStoreSettings(config: unknown, userDir: string, secrets: StoreSecrets = {}): StoreSettings {
  const settings = parseNodeConfig(SHAPE, config);
  const { retentionDays, profile, overrides, optOutAdded, optOutRemoved } = settings;
  const optOut = { added: readList(optOutAdded), removed: readList(optOutRemoved) };
  return {
    ...(settings.engine === 'sqlite' ? filePlace(settings.path, userDir) : databasePlace(settings.schema, secrets)),
    profile,
    overrides: readOverrides(overrides),
    ...(optOut.added.length + optOut.removed.length > 0 && { optOut }),
    ...(retentionDays > 0 && { retentionDays }),
  };
}

function defaultPath(userDir: string): string {
  return join(userDir, 'whatsapp-calling', 'permissions.sqlite');
}

function filePlace(path: string, userDir: string): StorePlace {
  if (path === '') return { engine: 'sqlite', path: defaultPath(userDir) };
  return { engine: 'sqlite', path: isAbsolute(path) || path === ':memory:' ? path : join(userDir, path) };
}

function databasePlace(schema: string, { connection: given }: StoreSecrets): StorePlace {
  const connection = typeof given === 'string' ? given.trim() : '';
  // A variable that does not exist arrives as its own name or as nothing.
  if (connection === '' || /^\$\{[^}]*\}$/.test(connection)) {
    throw new ReportableError(
      'config_invalid',
      'The permission store lacks its connection to PostgreSQL. Open it and enter one such as postgresql://user:password@host:5432/database; if it is an environment variable, set the variable and restart.',
    );
  }
  return { engine: 'postgres', connection, ...(schema !== '' && { schema }) };
}

/** Words and phrases between commas or on lines of their own. */
function readList(value: string): string[] {
  return value
    .split(/[,;\n،、，；]/)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** What the limits may be is judged where the store is opened; here only that they are an object. */
function readOverrides(value: string | Record<string, unknown>): ProfileOverrides {
  const read = typeof value === 'string' ? fromJson(value) : value;
  if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read;
  throw new ReportableError(
    'config_invalid',
    'The store\'s own limits cannot be read. Write a JSON object such as {"connectedCallsPerDay": 3}.',
  );
}

function fromJson(value: string): unknown {
  if (value.trim() === '') return {};
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
