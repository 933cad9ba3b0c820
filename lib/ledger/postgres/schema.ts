/**
 * The tables, one step per version; a released step is never edited. Version n is reached by running the first n steps.
 *
 * Columns, and what they hold, are those of the SQLite file (`sqlite/schema.ts`): times are milliseconds since 1970, flags are
 * 0 or 1. What differs is there for several instances: who holds and who hands out an event (`inbox.owner`, `inbox.taker`),
 * who is alive (`instance`), and the end of the audit's chain as one row that its writers queue for (`chain`).
 *
 * There are no foreign keys: checking them would lock rows in an order that is not ours.
 *
 * @param s name of the schema, which needs no quoting
 */
export function migrations(s: string): readonly string[] {
  return [
    `
CREATE TABLE ${s}.meta(k text PRIMARY KEY, v text NOT NULL);

CREATE TABLE ${s}.number(
  number_id bigint PRIMARY KEY, id text NOT NULL UNIQUE, phone text NOT NULL DEFAULT '',
  restricted_until bigint, restriction text);
CREATE SEQUENCE ${s}.number_ids;

CREATE TABLE ${s}.pair(
  pair_id bigint PRIMARY KEY, number_id bigint NOT NULL,
  phone text, user_id text, parent_user_id text, name text, language text, time_zone text,
  status text NOT NULL CHECK(status IN ('not_requested','pending','granted','denied')),
  kind text, granted_at bigint, expires_at bigint, source text, ended text, ended_at bigint, purpose text,
  request_id text, requested_at bigint, replied_at bigint,
  last_connected_at bigint, requests_reset_before bigint, streak_from bigint,
  unanswered integer NOT NULL DEFAULT 0, self_revoked text, service_window_from bigint,
  requests_blocked_until bigint, calls_blocked_until bigint, dnc_since bigint, dnc_source text,
  promised_by bigint, last_granted_at bigint, opt_out_confirmed_at bigint,
  audit_key bytea NOT NULL, merged_into bigint) WITH (fillfactor = 80);
-- Ids are taken in blocks, so that a new pair costs no round trip of its own.
CREATE SEQUENCE ${s}.pair_ids INCREMENT BY 64;
CREATE INDEX pair_expiry ON ${s}.pair(expires_at) WHERE status = 'granted';
CREATE INDEX pair_granted ON ${s}.pair(granted_at) WHERE status = 'granted' AND kind = 'temporary';
CREATE INDEX pair_pending ON ${s}.pair(requested_at) WHERE status = 'pending';
CREATE INDEX pair_merged ON ${s}.pair(merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX pair_do_not_call ON ${s}.pair(number_id, pair_id) WHERE dnc_since IS NOT NULL;
CREATE INDEX pair_status ON ${s}.pair(number_id, status, pair_id) WHERE merged_into IS NULL;

CREATE TABLE ${s}.alias(
  number_id bigint NOT NULL, value text NOT NULL, pair_id bigint NOT NULL, proven smallint NOT NULL,
  PRIMARY KEY(number_id, value));
CREATE INDEX alias_pair ON ${s}.alias(pair_id);

CREATE TABLE ${s}.request(
  reservation_id text COLLATE "C" PRIMARY KEY, pair_id bigint NOT NULL,
  state smallint NOT NULL CHECK(state BETWEEN 0 AND 3),
  reserved_at bigint NOT NULL, at bigint NOT NULL, lease_until bigint NOT NULL, owner text NOT NULL,
  via text NOT NULL, purpose text NOT NULL, promised_by bigint, provider_id text,
  template text, answer text, answered_at bigint);
CREATE INDEX request_pair ON ${s}.request(pair_id, at);
CREATE INDEX request_lease ON ${s}.request(lease_until) WHERE state = 0;
CREATE INDEX request_provider ON ${s}.request(provider_id) WHERE provider_id IS NOT NULL;

CREATE TABLE ${s}.call(
  reservation_id text COLLATE "C" PRIMARY KEY, pair_id bigint NOT NULL, number_id bigint NOT NULL,
  direction smallint NOT NULL CHECK(direction BETWEEN 0 AND 2), call_id text,
  state smallint NOT NULL CHECK(state BETWEEN 0 AND 3), counts smallint NOT NULL, live smallint NOT NULL,
  reserved_at bigint NOT NULL, started_at bigint NOT NULL, at bigint NOT NULL, last_news bigint NOT NULL,
  lease_until bigint NOT NULL, owner text NOT NULL, purpose text NOT NULL, granted_at bigint, request_id text,
  origin text, facts text, connected_at bigint, ended_at bigint, outcome text,
  unanswered smallint NOT NULL DEFAULT 0, duration_s double precision, error_code text) WITH (fillfactor = 80);
CREATE INDEX call_pair ON ${s}.call(pair_id);
CREATE INDEX call_window ON ${s}.call(pair_id, at) WHERE counts = 1 OR live = 1;
CREATE INDEX call_live ON ${s}.call(number_id) WHERE live = 1;
CREATE INDEX call_lease ON ${s}.call(lease_until) WHERE live = 1 AND state = 0;
CREATE INDEX call_started ON ${s}.call(number_id, started_at) WHERE direction < 2 AND state <> 2;
CREATE INDEX call_unanswered ON ${s}.call(pair_id, ended_at) WHERE unanswered = 1;
CREATE UNIQUE INDEX call_provider ON ${s}.call(call_id, number_id) WHERE call_id IS NOT NULL;

-- owner: who holds the call that the event is about, empty if nobody does. taker: who hands it out to the flows.
CREATE TABLE ${s}.inbox(
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key bytea NOT NULL UNIQUE, at bigint NOT NULL,
  number text NOT NULL, event text, effects text, done smallint NOT NULL DEFAULT 0,
  owner text NOT NULL DEFAULT '', taker text NOT NULL DEFAULT '');
CREATE INDEX inbox_todo ON ${s}.inbox(number, seq) WHERE done = 0;
CREATE INDEX inbox_age ON ${s}.inbox(at);

-- Effects that arose outside a webhook; the next sweep hands them out.
CREATE TABLE ${s}.notice(seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, effect text NOT NULL);

CREATE TABLE ${s}.instance(owner text PRIMARY KEY, alive_at bigint NOT NULL);

CREATE TABLE ${s}.audit(
  seq bigint PRIMARY KEY, at bigint NOT NULL, number_id bigint, pair_id bigint, event text NOT NULL,
  detail text, digest bytea NOT NULL, prev bytea NOT NULL, hash bytea NOT NULL);
CREATE INDEX audit_pair ON ${s}.audit(pair_id, seq) WHERE pair_id IS NOT NULL;

-- One row: the last link of the audit, the last one that went by retention, and the newest time written down.
CREATE TABLE ${s}.chain(
  one boolean PRIMARY KEY DEFAULT true CHECK(one), seq bigint NOT NULL, hash bytea NOT NULL,
  anchor_seq bigint, anchor_hash bytea, last_at bigint NOT NULL, created_at bigint NOT NULL);

CREATE FUNCTION ${s}.audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'TRUNCATE' AND EXISTS (SELECT 1 FROM ${s}.meta WHERE k = 'maintenance') THEN
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
  END IF;
  RAISE EXCEPTION 'the audit is append-only';
END $$;
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON ${s}.audit
  FOR EACH ROW EXECUTE FUNCTION ${s}.audit_guard();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON ${s}.audit
  FOR EACH STATEMENT EXECUTE FUNCTION ${s}.audit_guard();

-- Appends rows to the audit, each linked to the one before (the formula is in operations/chain.ts). Its first statement takes
-- the end of the chain for this transaction: whoever writes next waits here, and for nothing else.
CREATE FUNCTION ${s}.append_audit(entries json, now bigint, set_back boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  last ${s}.chain;
  entry record;
  link bytea;
BEGIN
  SELECT * INTO last FROM ${s}.chain FOR UPDATE;
  FOR entry IN SELECT * FROM json_to_recordset(entries)
    AS e(at bigint, number_id bigint, pair_id bigint, event text, detail text, digest text)
  LOOP
    last.seq := last.seq + 1;
    link := sha256(last.hash || convert_to(concat(last.seq, '|', entry.at, '|', entry.number_id, '|', entry.pair_id, '|',
      entry.event, '|'), 'UTF8') || decode(entry.digest, 'hex'));
    INSERT INTO ${s}.audit(seq, at, number_id, pair_id, event, detail, digest, prev, hash) VALUES(last.seq, entry.at,
      entry.number_id, entry.pair_id, entry.event, entry.detail, decode(entry.digest, 'hex'), last.hash, link);
    last.hash := link;
  END LOOP;
  UPDATE ${s}.chain SET seq = last.seq, hash = last.hash,
    last_at = CASE WHEN set_back THEN now ELSE greatest(last_at, now) END;
END $$;
`,
    // What the provider's own answer allows a person (JSON, see `ToldLimits`).
    `
ALTER TABLE ${s}.pair ADD COLUMN told_limits text;
`,
    // What records of calls show beyond the facts (JSON, see `CallNotes`), and people who are to be called back.
    `
ALTER TABLE ${s}.call ADD COLUMN notes text;
CREATE TABLE ${s}.callback(
  callback_id text COLLATE "C" PRIMARY KEY, number_id bigint NOT NULL, pair_id bigint NOT NULL,
  source text NOT NULL, purpose text, note text, requested_at bigint NOT NULL, due_at bigint,
  state smallint NOT NULL CHECK(state BETWEEN 0 AND 3), claimed_by text, claimed_until bigint, call_id text,
  attempts integer NOT NULL, changed_at bigint NOT NULL) WITH (fillfactor = 80);
CREATE INDEX callback_pair ON ${s}.callback(pair_id);
CREATE INDEX callback_number ON ${s}.callback(number_id, callback_id);
CREATE INDEX callback_open ON ${s}.callback(number_id, callback_id) WHERE state < 2;
CREATE TABLE ${s}.callback_key(
  number_id bigint NOT NULL, key bytea NOT NULL, callback_id text COLLATE "C" NOT NULL, PRIMARY KEY(number_id, key));
CREATE INDEX callback_key_of ON ${s}.callback_key(callback_id);
`,
  ];
}

/** Tables that are only there if the schema is ours, or holds another program's. */
export const TABLES = [
  'meta',
  'number',
  'pair',
  'alias',
  'request',
  'call',
  'callback',
  'callback_key',
  'inbox',
  'notice',
  'instance',
  'audit',
  'chain',
];
