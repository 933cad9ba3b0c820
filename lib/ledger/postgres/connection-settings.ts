import { LedgerError } from '../ledger.ts';

/** Where the database is. The password is in `url` alone, which is shown to nobody. */
export interface ConnectionSettings {
  url: string;
  /** Host, port and database, for people. */
  location: string;
}

/** Names of libpq that a URL writes in its own places. */
const PLACES = new Set(['host', 'hostaddr', 'port', 'dbname', 'user', 'password']);

/**
 * Reads a connection as people write it: a URL (`postgresql://user:password@host:5432/database?sslmode=require`), or words
 * (`host=… port=… dbname=… user=… password=…`).
 *
 * @throws LedgerError `bad_input`, without repeating any of it
 */
export function connectionSettings(connection: string): ConnectionSettings {
  const text = connection.trim();
  const url = /^postgres(ql)?:\/\//i.test(text) ? text : urlOfWords(text);
  let parsed: URL;
  try {
    // A host of its own for what has none (a Unix socket), so that the rest can be read.
    parsed = new URL(url.replace(/^(postgres(?:ql)?:\/\/(?:[^@/?#]*@)?)(?=[/?#]|$)/i, '$1localhost'));
    decodeURIComponent(parsed.username + parsed.password);
  } catch {
    throw unreadable();
  }
  const host = parsed.searchParams.get('host') ?? decodeURIComponent(parsed.hostname);
  const port = parsed.searchParams.get('port') ?? (parsed.port === '' ? '5432' : parsed.port);
  return { url, location: `${host}:${port}${decodeURI(parsed.pathname)}` };
}

/** A store on PostgreSQL, for people. */
export function placeOf({ location }: ConnectionSettings, schema: string): string {
  return `${location}, schema ${schema}`;
}

function urlOfWords(text: string): string {
  const words = new Map<string, string>();
  // name=value or name='value', where \ protects the next character.
  const word = /\s*([a-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/gy;
  let end = 0;
  for (let match = word.exec(text); match !== null; match = word.exec(text)) {
    words.set(match[1] ?? '', (match[2] ?? match[3] ?? '').replace(/\\(.)/g, '$1'));
    end = word.lastIndex;
  }
  if (words.size === 0 || text.slice(end).trim() !== '') throw unreadable();
  const part = (name: string): string => encodeURIComponent(words.get(name) ?? '');
  const credentials = words.has('user') ? `${part('user')}${words.has('password') ? `:${part('password')}` : ''}@` : '';
  const query = new URLSearchParams();
  for (const [name, value] of words) if (!PLACES.has(name)) query.set(name, value);
  const host = words.get('hostaddr') ?? words.get('host') ?? 'localhost';
  // A folder is a Unix socket, which has no place in a URL.
  if (host.startsWith('/')) query.set('host', host);
  const shown = host.includes(':') ? `[${host}]` : host;
  const port = words.has('port') ? `:${part('port')}` : '';
  const address = host.startsWith('/') ? `localhost${port}` : `${shown}${port}`;
  return `postgresql://${credentials}${address}/${part('dbname')}${query.size === 0 ? '' : `?${query}`}`;
}

function unreadable(): LedgerError {
  return new LedgerError(
    'bad_input',
    'The connection of the permission store cannot be read.',
    'Write it as postgresql://user:password@host:5432/database; characters such as @ : / # in the password as %40 %3A %2F %23.',
  );
}
