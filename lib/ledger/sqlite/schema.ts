/** Marks our files ("WCLG"), so that another program's database is never taken for ours. */
export const APPLICATION_ID = 0x57434c47;

/**
 * The file format, one step per version; a released step is never edited. Version n is reached by running the first n steps.
 *
 * Times are milliseconds since 1970. Reservation states: 0 reserved, 1 consumed, 2 released, 3 unknown.
 * `call.direction`: 0 ours, 1 outbound but not ours, 2 inbound; `call.owner`: who holds it, empty if nobody here does.
 * `callback.state`: 0 open, 1 claimed, 2 done, 3 cancelled.
 * `call.counts`: may be, become or have been a connected call of ours to the person. `call.live`: no end is known.
 * `alias.value`: the name with a letter for its kind in front, or `#` and a fingerprint after an erasure. `meta`:
 * `fingerprint_key` (of these), `audit_head` and `audit_anchor` (the last row written, the last one that went by retention),
 * `maintenance` (only inside a transaction that erases or purges), `purge_*` (how far retention has come), `backup_at`.
 * `heard`: ids of events (`dedupeKey`), for as long as they may come again. `inbox`: those that no flow has taken yet.
 * `audit.hash` = SHA-256(hash of the row before ‖ seq, at, number, pair, event, digest), digest = SHA-256(pair's audit key ‖ detail):
 * erasing a person's key and details leaves the chain whole and the digests worthless. What can be worked out is not stored:
 * `prev` and `digest` are empty, except in rows that were written before version 7, and but for the digest of an erased row;
 * `event` is one letter if it is a usual one (`short-event.ts`), `detail` is JSON with its usual pieces abbreviated (`short-json.ts`).
 */
export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE meta(k TEXT PRIMARY KEY, v ANY NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE migration(version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT;

CREATE TABLE number(
  number_id INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, phone TEXT NOT NULL DEFAULT '',
  restricted_until INTEGER, restriction TEXT) STRICT;

CREATE TABLE pair(
  pair_id INTEGER PRIMARY KEY, number_id INTEGER NOT NULL REFERENCES number,
  phone TEXT, user_id TEXT, parent_user_id TEXT, name TEXT, language TEXT, time_zone TEXT,
  status TEXT NOT NULL CHECK(status IN ('not_requested','pending','granted','denied')),
  kind TEXT, granted_at INTEGER, expires_at INTEGER, source TEXT, ended TEXT, ended_at INTEGER, purpose TEXT,
  request_id TEXT, requested_at INTEGER, replied_at INTEGER,
  last_connected_at INTEGER, requests_reset_before INTEGER, streak_from INTEGER,
  unanswered INTEGER NOT NULL DEFAULT 0, self_revoked TEXT, service_window_from INTEGER,
  requests_blocked_until INTEGER, calls_blocked_until INTEGER, dnc_since INTEGER, dnc_source TEXT,
  audit_key BLOB NOT NULL, merged_into INTEGER) STRICT;
CREATE INDEX pair_expiry ON pair(expires_at) WHERE status = 'granted';
CREATE INDEX pair_pending ON pair(requested_at) WHERE status = 'pending';
CREATE INDEX pair_merged ON pair(merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE alias(
  number_id INTEGER NOT NULL, value TEXT NOT NULL, pair_id INTEGER NOT NULL REFERENCES pair,
  proven INTEGER NOT NULL, PRIMARY KEY(number_id, value)) STRICT, WITHOUT ROWID;
CREATE INDEX alias_pair ON alias(pair_id);

CREATE TABLE request(
  reservation_id TEXT PRIMARY KEY, pair_id INTEGER NOT NULL REFERENCES pair, state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 3),
  reserved_at INTEGER NOT NULL, at INTEGER NOT NULL, lease_until INTEGER NOT NULL, owner TEXT NOT NULL,
  via TEXT NOT NULL, purpose TEXT NOT NULL, provider_id TEXT) STRICT, WITHOUT ROWID;
CREATE INDEX request_window ON request(pair_id, at) WHERE state <> 2;
CREATE INDEX request_lease ON request(lease_until) WHERE state = 0;
CREATE INDEX request_provider ON request(provider_id) WHERE provider_id IS NOT NULL;

CREATE TABLE call(
  reservation_id TEXT PRIMARY KEY, pair_id INTEGER NOT NULL REFERENCES pair, number_id INTEGER NOT NULL REFERENCES number,
  direction INTEGER NOT NULL CHECK(direction BETWEEN 0 AND 2), call_id TEXT,
  state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 3), counts INTEGER NOT NULL, live INTEGER NOT NULL,
  reserved_at INTEGER NOT NULL, started_at INTEGER NOT NULL, at INTEGER NOT NULL, last_news INTEGER NOT NULL,
  lease_until INTEGER NOT NULL, owner TEXT NOT NULL, purpose TEXT NOT NULL, origin TEXT, facts TEXT,
  connected_at INTEGER, ended_at INTEGER, outcome TEXT, unanswered INTEGER NOT NULL DEFAULT 0,
  duration_s REAL, error_code TEXT) STRICT, WITHOUT ROWID;
CREATE INDEX call_window ON call(pair_id, at) WHERE counts = 1 OR live = 1;
CREATE INDEX call_live ON call(live) WHERE live = 1;
CREATE INDEX call_started ON call(number_id, started_at) WHERE direction < 2 AND state <> 2;
CREATE INDEX call_unanswered ON call(pair_id, ended_at) WHERE unanswered = 1;
CREATE UNIQUE INDEX call_provider ON call(call_id, number_id) WHERE call_id IS NOT NULL;

CREATE TABLE inbox(
  seq INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, at INTEGER NOT NULL, number TEXT NOT NULL,
  event TEXT, effects TEXT, done INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX inbox_todo ON inbox(number, seq) WHERE done = 0;
CREATE INDEX inbox_age ON inbox(at);

-- Effects that arose outside a webhook; the next sweep hands them out.
CREATE TABLE notice(seq INTEGER PRIMARY KEY, effect TEXT NOT NULL) STRICT;

CREATE TABLE audit(
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, number_id INTEGER, pair_id INTEGER, event TEXT NOT NULL,
  detail TEXT, digest BLOB NOT NULL, prev BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE INDEX audit_pair ON audit(pair_id, seq) WHERE pair_id IS NOT NULL;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
  WHEN NOT EXISTS (SELECT 1 FROM meta WHERE k = 'maintenance')
  BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
  WHEN NOT EXISTS (SELECT 1 FROM meta WHERE k = 'maintenance')
  BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
`,
  // What the rules of one's own look at: promised times, grants that reset the cap on requests, and the grant under which a
  // call was placed.
  `
ALTER TABLE pair ADD COLUMN promised_by INTEGER;
ALTER TABLE pair ADD COLUMN last_granted_at INTEGER;
ALTER TABLE request ADD COLUMN promised_by INTEGER;
ALTER TABLE call ADD COLUMN granted_at INTEGER;
`,
  // When an opt-out was confirmed, and the do-not-call list by pages.
  `
ALTER TABLE pair ADD COLUMN opt_out_confirmed_at INTEGER;
CREATE INDEX pair_do_not_call ON pair(number_id, pair_id) WHERE dnc_since IS NOT NULL;
`,
  // What the statistics are made of: the template a request went out with, what came of it, and the request behind a call.
  `
ALTER TABLE request ADD COLUMN template TEXT;
ALTER TABLE request ADD COLUMN answer TEXT;
ALTER TABLE request ADD COLUMN answered_at INTEGER;
ALTER TABLE call ADD COLUMN request_id TEXT;
`,
  // People by status, the nearest lapse, everything of one person (to erase it), and the head of the audit's chain.
  `
CREATE INDEX pair_granted ON pair(granted_at) WHERE status = 'granted' AND kind = 'temporary' AND merged_into IS NULL;
CREATE INDEX pair_status ON pair(number_id, status) WHERE merged_into IS NULL;
CREATE INDEX request_pair ON request(pair_id);
CREATE INDEX call_pair ON call(pair_id);
INSERT INTO meta(k, v) SELECT 'audit_head', json_object('seq', seq, 'hash', lower(hex(hash)))
  FROM (SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1);
`,
  // What the provider's own answer allows a person (JSON, see `ToldLimits`).
  `
ALTER TABLE pair ADD COLUMN told_limits TEXT;
`,
  // What records of calls show beyond the facts (JSON, see `CallNotes`), and people who are to be called back. A key is the
  // first 16 bytes of the SHA-256 of what the caller gave, so that the same wish is noted once.
  `
ALTER TABLE call ADD COLUMN notes TEXT;
CREATE TABLE callback(
  callback_id TEXT PRIMARY KEY, number_id INTEGER NOT NULL REFERENCES number, pair_id INTEGER NOT NULL REFERENCES pair,
  source TEXT NOT NULL, purpose TEXT, note TEXT, requested_at INTEGER NOT NULL, due_at INTEGER,
  state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 3), claimed_by TEXT, claimed_until INTEGER, call_id TEXT,
  attempts INTEGER NOT NULL, changed_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX callback_pair ON callback(pair_id);
CREATE INDEX callback_number ON callback(number_id);
CREATE INDEX callback_open ON callback(number_id) WHERE state < 2;
CREATE TABLE callback_key(
  number_id INTEGER NOT NULL, key BLOB NOT NULL, callback_id TEXT NOT NULL, PRIMARY KEY(number_id, key)) STRICT, WITHOUT ROWID;
CREATE INDEX callback_key_of ON callback_key(callback_id);

-- What was heard is remembered in as few bytes as it takes; what waits to be handed out goes when it was.
CREATE TABLE heard(key BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO heard SELECT key, at FROM inbox ORDER BY key;
ALTER TABLE inbox RENAME TO inbox_before;
CREATE TABLE inbox(
  seq INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, at INTEGER NOT NULL, number TEXT NOT NULL,
  event TEXT NOT NULL, effects TEXT) STRICT;
INSERT INTO inbox SELECT seq, key, at, number, event, effects FROM inbox_before WHERE done = 0;
CREATE INDEX inbox_number ON inbox(number, seq);
DROP TABLE inbox_before;

-- Permanent permissions do not expire.
DROP INDEX pair_expiry;
CREATE INDEX pair_expiry ON pair(expires_at) WHERE status = 'granted' AND expires_at IS NOT NULL;

-- People by status, without writing the status into every entry.
DROP INDEX pair_status;
CREATE INDEX pair_not_requested ON pair(number_id) WHERE status = 'not_requested' AND merged_into IS NULL;
CREATE INDEX pair_asked ON pair(number_id) WHERE status = 'pending' AND merged_into IS NULL;
CREATE INDEX pair_allowed ON pair(number_id) WHERE status = 'granted' AND merged_into IS NULL;
CREATE INDEX pair_denied ON pair(number_id) WHERE status = 'denied' AND merged_into IS NULL;

-- A name that stands in the pair itself is found from there: extra is 0 for those alone.
ALTER TABLE alias ADD COLUMN extra INTEGER NOT NULL DEFAULT 1;
UPDATE alias SET extra = 0 WHERE value IN (
  SELECT 'p' || phone FROM pair p WHERE p.pair_id = alias.pair_id
  UNION ALL SELECT 'u' || user_id FROM pair p WHERE p.pair_id = alias.pair_id
  UNION ALL SELECT 'e' || parent_user_id FROM pair p WHERE p.pair_id = alias.pair_id);
DROP INDEX alias_pair;
CREATE INDEX alias_extra ON alias(pair_id) WHERE extra = 1;
`,
];
