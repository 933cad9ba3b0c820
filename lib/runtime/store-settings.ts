import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import type { OptOutWords } from '../permission/opt-out.ts';
import type { ProfileOverrides } from '../permission/overrides.ts';
import { DEFAULT_PROFILE, profileNames } from '../permission/rules.ts';
import { oneOf, parseNodeConfig, text } from './node-config.ts';
import { ReportableError } from './reportable-error.ts';

/** How a ledger is opened. */
export interface StoreSettings {
  engine: 'sqlite';
  path: string;
  profile: string;
  overrides: ProfileOverrides;
  /** The store's own changes to the list of opt-out words. */
  optOut?: OptOutWords;
}

const SHAPE = {
  engine: oneOf(['sqlite', 'postgres']),
  path: text(),
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
  return {
    engine: 'sqlite',
    path: join(userDir, 'whatsapp-calling', 'permissions.sqlite'),
    profile: DEFAULT_PROFILE,
    overrides: {},
  };
}

/**
 * Reads the properties of a `wa-call-permission-store` node.
 *
 * @param userDir relative paths are below it
 * @throws ReportableError `config_invalid`, `store_engine_unavailable`
 */
export function readStoreSettings(config: unknown, userDir: string): StoreSettings {
  const { engine, path, profile, overrides, optOutAdded, optOutRemoved } = parseNodeConfig(SHAPE, config);
  if (engine !== 'sqlite') {
    throw new ReportableError(
      'store_engine_unavailable',
      'This version keeps permissions in a SQLite file only. Choose "a file on this machine" in the permission store.',
    );
  }
  const fallback = defaultStore(userDir);
  const optOut = { added: readList(optOutAdded), removed: readList(optOutRemoved) };
  return {
    engine,
    path: path === '' ? fallback.path : isAbsolute(path) || path === ':memory:' ? path : join(userDir, path),
    profile,
    overrides: readOverrides(overrides),
    ...(optOut.added.length + optOut.removed.length > 0 && { optOut }),
  };
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
