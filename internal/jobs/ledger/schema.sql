-- The ledger of bulk. Times are RFC 3339, UTC. Everything here may be read with
-- the sqlite3 command; nothing should be changed by hand.

-- A run: one input (known by the SHA-256 of its bytes), done once.
CREATE TABLE runs (
  id            INTEGER PRIMARY KEY,
  kind          TEXT NOT NULL,             -- run, dry-run, apply
  input         TEXT NOT NULL,             -- as it was named
  digest        TEXT NOT NULL,             -- SHA-256 of the input
  accounts      TEXT NOT NULL,             -- <upstream>:<user>@<host>, by comma
  settings      TEXT NOT NULL,             -- what decides which rows there are and what they do (JSON)
  user          TEXT NOT NULL,
  host          TEXT NOT NULL,
  version       TEXT NOT NULL,
  started_at    TEXT NOT NULL,
  resumed_at    TEXT,                      -- when it was last continued
  ended_at      TEXT,                      -- when it last ended by itself; null: running, or killed
  ending        TEXT NOT NULL DEFAULT '',  -- why it ended early, in words
  not_run       INTEGER,                   -- rows not reached; null: running, or killed
  tally         TEXT NOT NULL DEFAULT '{}',-- rows by outcome (JSON)
  output        TEXT NOT NULL,             -- where the result file goes
  output_digest TEXT NOT NULL DEFAULT '',  -- SHA-256 of it, written down before it is put in place
  published_at  TEXT                       -- when it was in place
);
CREATE INDEX runs_by_digest ON runs (digest);

-- Who said yes to what.
CREATE TABLE approvals (
  id     INTEGER PRIMARY KEY,
  run    INTEGER NOT NULL REFERENCES runs (id),
  at     TEXT NOT NULL,
  user   TEXT NOT NULL,
  how    TEXT NOT NULL,                    -- typed, --yes, --approve
  digest TEXT NOT NULL,                    -- SHA-256 of the bytes that were approved
  sims   INTEGER NOT NULL,                 -- how many would change
  groups TEXT NOT NULL,                    -- how many into which group (JSON)
  reason TEXT NOT NULL
);

-- An irreversible request, from before its first byte; in the order of sending.
-- An attempt that was surely not done is tried again under the same id; what is
-- sent again after that, because a person said so, is an act of its own.
CREATE TABLE acts (
  id         INTEGER PRIMARY KEY,
  run        INTEGER NOT NULL REFERENCES runs (id),
  result     INTEGER NOT NULL,             -- of its row: results.id
  line       INTEGER NOT NULL,
  account    TEXT NOT NULL,
  iccid      TEXT NOT NULL,
  action     TEXT NOT NULL,
  "group"    TEXT NOT NULL,
  state      TEXT NOT NULL                 -- intent: on its way; done; refused; not_sent: surely not done; unknown: maybe done;
             CHECK (state IN ('intent', 'done', 'refused', 'not_sent', 'unknown', 'resolved_done', 'resolved_not_done')),
                                           -- resolved_done, resolved_not_done: settled by a person
  intent_at  TEXT NOT NULL,                -- before it was (last) sent
  settled_at TEXT,
  request_id TEXT NOT NULL DEFAULT '',
  resolved_by TEXT NOT NULL DEFAULT '',
  reason     TEXT NOT NULL DEFAULT ''      -- of the resolution
);
-- It repeats all that decides whether a SIM may be sent a command, so that a
-- damaged page shows as a difference between table and index.
CREATE INDEX acts_by_sim ON acts (iccid, account, state, "group");
CREATE INDEX acts_by_run ON acts (run);
CREATE INDEX acts_open ON acts (state, account) WHERE state IN ('intent', 'unknown');

-- What became of each row. id is run * 2^32 + the row's place in the input, so
-- that a run's rows stand together, in order, without another index.
CREATE TABLE results (
  id             INTEGER PRIMARY KEY,
  line           INTEGER NOT NULL,
  iccid          TEXT NOT NULL,
  action         TEXT NOT NULL,
  "group"        TEXT NOT NULL,
  outcome        TEXT NOT NULL,
  code           TEXT NOT NULL,
  description    TEXT NOT NULL,
  upstream_error TEXT NOT NULL,
  account        TEXT NOT NULL,
  request_id     TEXT NOT NULL,
  attempts       INTEGER NOT NULL,
  http_status    INTEGER NOT NULL,
  started_at     TEXT NOT NULL,
  duration_ms    INTEGER NOT NULL,
  data           TEXT NOT NULL             -- the data columns that were filled (JSON)
);

-- What did we do to this SIM?  SELECT * FROM sim_history WHERE iccid = '8944…';
CREATE VIEW sim_history AS
  SELECT iccid, account, action, "group", state, intent_at, settled_at, run, line, request_id, resolved_by, reason
  FROM acts ORDER BY iccid, id;

-- What is unknown, and blocks its SIM until bulk resolve?
CREATE VIEW in_doubt AS
  SELECT iccid, account, action, "group", state, intent_at, run, line, request_id
  FROM acts WHERE state IN ('intent', 'unknown') ORDER BY id;

-- The results of every run, with the run's number and the row's place.
CREATE VIEW row_history AS
  SELECT id >> 32 AS run, line, iccid, action, "group", outcome, code, description, upstream_error,
         account, request_id, attempts, http_status, started_at, duration_ms, data
  FROM results;
