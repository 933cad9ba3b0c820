import type { Profile } from '../../permission/profile.ts';
import { INBOX_KEEP_MS } from '../timings.ts';
import { aliasKey, type Brought } from './brought.ts';
import type { Changes } from './changes.ts';
import { text } from './clean-texts.ts';
import { type Columns, callbackColumns, callColumns, pairColumns, requestColumns } from './columns.ts';
import type { Statement } from './link.ts';
import { asMaintenance } from './maintenance.ts';
import { purgeStatements } from './purge-sql.ts';

/** Types of the columns that are no text. */
const TYPES: Record<string, string> = {
  pair_id: 'bigint',
  number_id: 'bigint',
  merged_into: 'bigint',
  granted_at: 'bigint',
  expires_at: 'bigint',
  ended_at: 'bigint',
  requested_at: 'bigint',
  replied_at: 'bigint',
  last_connected_at: 'bigint',
  requests_reset_before: 'bigint',
  streak_from: 'bigint',
  unanswered: 'integer',
  service_window_from: 'bigint',
  requests_blocked_until: 'bigint',
  calls_blocked_until: 'bigint',
  dnc_since: 'bigint',
  promised_by: 'bigint',
  last_granted_at: 'bigint',
  opt_out_confirmed_at: 'bigint',
  state: 'smallint',
  reserved_at: 'bigint',
  at: 'bigint',
  lease_until: 'bigint',
  answered_at: 'bigint',
  direction: 'smallint',
  counts: 'smallint',
  live: 'smallint',
  started_at: 'bigint',
  last_news: 'bigint',
  connected_at: 'bigint',
  duration_s: 'double precision',
  restricted_until: 'bigint',
  proven: 'smallint',
  due_at: 'bigint',
  claimed_until: 'bigint',
  changed_at: 'bigint',
  attempts: 'integer',
};

/**
 * The second round trip of a try: everything that was written, in an order that is the same for everybody (tables, and rows by
 * their keys), the audit's chain last because all writers queue there, and the commit.
 *
 * @param clock what is written down as the newest time, and whether it was set back on purpose
 */
export function writeStatements(
  s: string,
  changes: Changes,
  brought: Brought,
  profile: Profile,
  clock: { now: number; setBack: boolean },
): Statement[] {
  const list: Statement[] = [];
  const add = (statement: Statement | undefined): void => {
    if (statement !== undefined) list.push(statement);
  };
  if (changes.fingerprintKey !== undefined) {
    // Of two instances that make one at the same moment the second is told by the unique key, and takes the first one's.
    const key = Buffer.from(changes.fingerprintKey).toString('hex');
    add({ text: `INSERT INTO ${s}.meta(k, v) VALUES('fingerprint_key', $1)`, values: [key] });
  }
  writeNumbers(s, changes, brought, add);
  writePairs(s, changes, add);
  writeAliases(s, changes, brought, add);
  writeAbsorbed(s, changes, add);
  const requests = present(changes.requests);
  const calls = present(changes.calls);
  const gone = [...changes.calls].filter(([, row]) => row === undefined).map(([id]) => id);
  add(upsert(s, 'request', 'reservation_id', requests.map(requestColumns)));
  if (gone.length > 0)
    add({ text: `DELETE FROM ${s}.call WHERE reservation_id = ANY($1::text[])`, values: [gone.sort()] });
  add(
    upsert(
      s,
      'call',
      'reservation_id',
      calls.map((call) => callColumns(call, profile)),
    ),
  );
  writeCallbacks(s, changes, add);
  writeInbox(s, changes, brought, add);
  if (changes.notices.length > 0) {
    const notices = changes.notices.map((effect) => JSON.stringify(effect));
    add({ text: `INSERT INTO ${s}.notice(effect) SELECT * FROM unnest($1::text[])`, values: [notices] });
  }
  if (changes.erased.length > 0) {
    list.push(
      ...asMaintenance(s, [
        {
          text: `UPDATE ${s}.audit SET detail = NULL WHERE pair_id = ANY($1::bigint[]) AND detail IS NOT NULL`,
          values: [changes.erased],
        },
      ]),
    );
  }
  for (const purge of changes.purges) list.push(...purgeStatements(s, purge));
  const audit = changes.audit.map((row) => ({
    at: row.at,
    number_id: row.numberId ?? null,
    pair_id: row.pairId ?? null,
    event: row.event,
    detail: row.detail,
    digest: Buffer.from(row.digest).toString('hex'),
  }));
  add({
    text: `SELECT ${s}.append_audit($1::json, $2::bigint, $3)`,
    values: [JSON.stringify(audit), clock.now, clock.setBack],
  });
  return list;
}

type Add = (statement: Statement | undefined) => void;

function writeNumbers(s: string, changes: Changes, brought: Brought, add: Add): void {
  const rows = [...changes.numbers.values()].sort((a, b) => a.numberId - b.numberId);
  const columns = rows.map((row) => ({
    number_id: row.numberId,
    id: row.id,
    phone: row.phone,
    restricted_until: row.restrictedUntil ?? null,
    restriction: row.restriction === undefined ? null : text(row.restriction),
  }));
  // Plain inserts: if another instance has made the same row meanwhile, the unique index refuses this one and all runs again.
  add(
    insert(
      s,
      'number',
      columns.filter(({ id }) => !brought.numbers.has(id)),
    ),
  );
  add(
    upsert(
      s,
      'number',
      'number_id',
      columns.filter(({ id }) => brought.numbers.has(id)),
    ),
  );
}

function writePairs(s: string, changes: Changes, add: Add): void {
  const rows = [...changes.pairs.values()].sort((a, b) => a.pairId - b.pairId);
  const columns = rows.map((pair) => {
    const row = pairColumns(pair, pair.mergedInto);
    return { ...row, pair_id: pair.pairId, audit_key: `\\x${row.audit_key}` };
  });
  // A new row never takes the place of another one.
  add(
    insert(
      s,
      'pair',
      columns.filter((row) => changes.newPairs.has(row.pair_id)),
    ),
  );
  add(
    upsert(
      s,
      'pair',
      'pair_id',
      columns.filter((row) => !changes.newPairs.has(row.pair_id)),
    ),
  );
}

function writeAliases(s: string, changes: Changes, brought: Brought, add: Add): void {
  const rows = [...changes.aliases.values()].sort((a, b) => a.numberId - b.numberId || (a.name < b.name ? -1 : 1));
  const known = (row: (typeof rows)[number]): boolean => brought.aliases.has(aliasKey(row.numberId, row.name));
  const columns = (row: (typeof rows)[number]): Columns => ({
    number_id: row.numberId,
    value: text(row.name),
    pair_id: row.pairId ?? null,
    proven: row.proven ? 1 : 0,
  });
  add(insert(s, 'alias', rows.filter((row) => row.pairId !== undefined && !known(row)).map(columns)));
  add(
    upsert(s, 'alias', 'number_id, value', rows.filter((row) => row.pairId !== undefined && known(row)).map(columns)),
  );
  const gone = rows.filter((row) => row.pairId === undefined && known(row)).map(columns);
  if (gone.length === 0) return;
  add({
    text: `DELETE FROM ${s}.alias a USING json_to_recordset($1::json) AS g(number_id bigint, value text)
      WHERE a.number_id = g.number_id AND a.value = g.value`,
    values: [JSON.stringify(gone)],
  });
}

/** Also what was not brought: a pair's rows are as many as they are. */
function writeAbsorbed(s: string, { absorbed }: Changes, add: Add): void {
  for (const { kept, gone } of absorbed) {
    const values = [kept, gone];
    add({ text: `UPDATE ${s}.request SET pair_id = $1 WHERE pair_id = $2`, values });
    add({ text: `UPDATE ${s}.call SET pair_id = $1 WHERE pair_id = $2`, values });
    add({ text: `UPDATE ${s}.callback SET pair_id = $1 WHERE pair_id = $2`, values });
    add({ text: `UPDATE ${s}.pair SET merged_into = $1 WHERE merged_into = $2`, values });
  }
}

function writeCallbacks(s: string, { callbacks, callbackKeys }: Changes, add: Add): void {
  add(upsert(s, 'callback', 'callback_id', present(callbacks).map(callbackColumns)));
  const keys = [...callbackKeys.values()].map(({ numberId, key, callbackId }) => ({
    number_id: numberId,
    key: `\\x${key}`,
    callback_id: callbackId,
  }));
  // Plain: a key that another instance has used meanwhile is refused, and all runs again.
  add(insert(s, 'callback_key', keys, { key: 'bytea' }));
  const gone = [...callbacks].filter(([, row]) => row === undefined).map(([id]) => id);
  if (gone.length === 0) return;
  for (const table of ['callback_key', 'callback']) {
    add({ text: `DELETE FROM ${s}.${table} WHERE callback_id = ANY($1::text[])`, values: [gone] });
  }
}

function writeInbox(s: string, changes: Changes, brought: Brought, add: Add): void {
  const rows = [...changes.events.values()];
  if (rows.length > 0) {
    // In their order: `seq` is the order in which they are handed out.
    const columns = rows.map(({ key, event, effects, owner, taker }) => ({
      key: `\\x${key}`,
      at: brought.now,
      number: text(event.businessNumberId),
      event: JSON.stringify(event),
      effects: effects.length === 0 ? null : JSON.stringify(effects),
      owner,
      taker,
    }));
    add(insert(s, 'inbox', columns, { key: 'bytea' }));
  }
  if (changes.dispatched.length > 0) {
    add({
      text: `UPDATE ${s}.inbox SET done = 1, event = NULL, effects = NULL
        WHERE done = 0 AND key IN (SELECT decode(k, 'hex') FROM unnest($1::text[]) k)`,
      values: [changes.dispatched],
    });
  }
  if (changes.purgeInbox === undefined) return;
  const { doneBefore, allBefore } = changes.purgeInbox;
  add({ text: `DELETE FROM ${s}.inbox WHERE at < $1 AND (done = 1 OR at < $2)`, values: [doneBefore, allBefore] });
  // Long dead owners that left nothing behind any more.
  add({
    text: `DELETE FROM ${s}.instance i WHERE alive_at < $1 AND NOT EXISTS (SELECT 1 FROM ${s}.call c WHERE c.live = 1 AND c.owner = i.owner)`,
    values: [brought.now - INBOX_KEEP_MS],
  });
}

function present<T>(rows: ReadonlyMap<string, T | undefined>): T[] {
  return [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row)
    .filter((row) => row !== undefined);
}

function insert(
  s: string,
  table: string,
  rows: readonly object[],
  types: Record<string, string> = {},
): Statement | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const names = Object.keys(first);
  const typed = names.map(
    (name) => `${name} ${types[name] ?? TYPES[name] ?? (name === 'audit_key' ? 'bytea' : 'text')}`,
  );
  return {
    text: `INSERT INTO ${s}.${table}(${names.join(', ')}) SELECT ${names.join(', ')} FROM json_to_recordset($1::json) AS r(${typed.join(', ')})`,
    values: [JSON.stringify(rows)],
  };
}

function upsert(s: string, table: string, key: string, rows: readonly object[]): Statement | undefined {
  const statement = insert(s, table, rows);
  const [first] = rows;
  if (statement === undefined || first === undefined) return undefined;
  const keys = new Set(key.split(', '));
  const set = Object.keys(first)
    .filter((name) => !keys.has(name))
    .map((name) => `${name} = excluded.${name}`);
  return { ...statement, text: `${statement.text} ON CONFLICT (${key}) DO UPDATE SET ${set.join(', ')}` };
}
