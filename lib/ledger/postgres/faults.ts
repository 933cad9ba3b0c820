import { LedgerError } from '../ledger.ts';

/** Others were in the way, or made the same row at the same moment: the same again will do. */
const AGAIN = new Set(['23505', '40001', '40P01', '55P03']);
/** The server went away or is not taking anybody just now. */
const AWAY = new Set([
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '53300',
  '25P03',
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
  '08P01',
]);

/** SQLSTATE of PostgreSQL, or the system's code (`ECONNREFUSED`). */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function isWorthAnotherTry(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && AGAIN.has(code);
}

/** Mistakes of ours, which no network and no server makes. */
function isOurs(error: unknown): boolean {
  return [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
}

/** The connection leads to where nothing can be written, and will: somebody else has become the primary server. */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error) === '25006';
}

/** The connection is gone: what it was asked may or may not have happened. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof LedgerError || isOurs(error)) return false;
  const code = codeOf(error);
  // Without an SQLSTATE it did not come from the server.
  return code === undefined || !/^[0-9A-Z]{5}$/.test(code) || /^E[A-Z]{4}$/.test(code) || AWAY.has(code);
}

/** Turns what the server or the network said into the ledger's own errors, each saying what to do. */
export function asLedgerError(error: unknown, location: string, schema: string): LedgerError {
  if (error instanceof LedgerError) return error;
  const unavailable = (what: string, nextStep: string): LedgerError =>
    new LedgerError('store_unavailable', `The permission store ${location} ${what}.`, nextStep);
  const code = codeOf(error);
  switch (code) {
    case '28P01':
    case '28000':
      return unavailable('refused the user or the password', 'Correct the connection of the permission store.');
    case '3D000':
      return unavailable('has no such database', 'Create the database, or correct its name in the connection.');
    case '42501':
      return unavailable(
        `does not let this user work in the schema ${schema}`,
        `As the database's owner: CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION <user>; or GRANT CREATE ON DATABASE <database> TO <user>; if the schema exists: GRANT ALL ON SCHEMA ${schema} TO <user>; GRANT ALL ON ALL TABLES IN SCHEMA ${schema} TO <user>; GRANT ALL ON ALL SEQUENCES IN SCHEMA ${schema} TO <user>;`,
      );
    case '25006':
      return unavailable(
        'cannot be written to',
        'Connect to the primary server, not to a standby. It is connected anew with the next operation; nothing was lost.',
      );
    case '53300':
      return unavailable(
        'has no connection left for us',
        'Raise max_connections of the server (or the limit of the user), or let fewer programs connect. Each instance of ours needs four.',
      );
    case '3F000':
    case '42P01':
      return new LedgerError(
        'store_corrupt',
        `The schema ${schema} of the permission store ${location} has lost tables.`,
        'Restore a backup. Only if nothing in it matters: restart Node-RED with another schema name, which is then made anew.',
      );
    case '53100':
    case '53200':
      return new LedgerError(
        'store_full',
        `The server of the permission store ${location} has no space left.`,
        'Free space on it. Nothing was lost: what could not be stored was not acknowledged.',
      );
    case '57014':
      return unavailable('took too long', 'Look at the load and the locks of the database, then try again.');
    case '40001':
    case '40P01':
    case '55P03':
    case '23505':
      return unavailable('is too busy with the same people', 'Try again.');
    default:
  }
  if (isConnectionLost(error)) {
    return unavailable(
      `cannot be reached (${reasonOf(error)})`,
      'Check that PostgreSQL runs and can be reached from here. It is tried again with every operation; what was not answered may or may not have been stored.',
    );
  }
  if (isOurs(error)) return unavailable(`could not finish an operation (${reasonOf(error)})`, 'Please report this.');
  return unavailable(`failed: ${reasonOf(error)}`, 'Look at the log of the database.');
}

/** The server's and the system's own words, which never hold a password; of a broken certificate and the like too. */
function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const message =
    error instanceof AggregateError ? error.errors.map(String).join('; ') : error instanceof Error ? error.message : '';
  return (
    [code, message.slice(0, 300)].filter((part) => part !== undefined && part !== '').join(', ') || 'no reason given'
  );
}
