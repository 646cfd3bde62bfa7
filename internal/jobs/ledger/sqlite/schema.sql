-- The ledger of bulk, schema 3; results.sql belongs to it. Times are RFC 3339, UTC,
-- but for those of results. Everything here may be read
-- with the sqlite3 command (3.37 or newer); nothing should be changed by hand.

-- What this ledger is.
CREATE TABLE meta (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  id        TEXT NOT NULL,                 -- a UUID, for life
  made_at   TEXT NOT NULL,
  init_by   TEXT NOT NULL DEFAULT '',      -- who said that it is to be a new ledger
  init_at   TEXT,
  init_word TEXT NOT NULL DEFAULT ''
) STRICT;

-- A run: one input (known by the SHA-256 of its bytes, and by the sheet,
-- columns, action and group given for it), done once.
CREATE TABLE runs (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  kind          TEXT NOT NULL,             -- run, dry-run, apply, accept-loss
  input         TEXT NOT NULL,             -- as it was named
  digest        TEXT NOT NULL,             -- SHA-256 of the input
  sheet         TEXT NOT NULL,
  columns       TEXT NOT NULL,
  action        TEXT NOT NULL,
  "group"       TEXT NOT NULL,
  accounts      TEXT NOT NULL,             -- by comma
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
  published_at  TEXT,                      -- when it was in place
  pruned_at     TEXT                       -- when its results were dropped
) STRICT;
CREATE INDEX runs_by_digest ON runs (digest);

-- The stretches of a run: its beginning and every --resume.
CREATE TABLE starts (
  run      INTEGER NOT NULL REFERENCES runs (id),
  n        INTEGER NOT NULL,               -- from 1
  at       TEXT NOT NULL,
  user     TEXT NOT NULL,
  host     TEXT NOT NULL,
  ended_at TEXT,                           -- null: it goes on, or was killed
  ending   TEXT NOT NULL DEFAULT '',       -- why it ended early, in words
  cause    TEXT NOT NULL DEFAULT '',       -- and in one, such as canary
  not_run  INTEGER,
  tally    TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (run, n)
) STRICT, WITHOUT ROWID;

-- What a person wants of a run.
CREATE TABLE controls (
  run     INTEGER PRIMARY KEY REFERENCES runs (id),
  want    TEXT NOT NULL CHECK (want IN ('run', 'pause', 'cancel')),
  by_user TEXT NOT NULL,
  reason  TEXT NOT NULL,
  at      TEXT NOT NULL
) STRICT;

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
) STRICT;

-- Who holds an account, or held it last. No intent is written under an epoch
-- that is not the one here.
CREATE TABLE claims (
  account TEXT PRIMARY KEY,
  epoch   INTEGER NOT NULL,
  run     INTEGER NOT NULL DEFAULT 0,      -- 0: none was begun yet
  user    TEXT NOT NULL,
  host    TEXT NOT NULL,
  pid     INTEGER NOT NULL,
  since   TEXT,                            -- null: it was given back
  beat    TEXT NOT NULL                    -- when it was last heard of
) STRICT, WITHOUT ROWID;

-- What two account names of one upstream are: one account, of which a is the
-- name everywhere here from then on, or two.
CREATE TABLE links (
  id       INTEGER PRIMARY KEY,
  a        TEXT NOT NULL,
  b        TEXT NOT NULL,
  relation TEXT NOT NULL CHECK (relation IN ('same', 'separate')),
  by_user  TEXT NOT NULL,
  reason   TEXT NOT NULL,
  at       TEXT NOT NULL
) STRICT;

-- An irreversible request, from before its first byte; in the order of sending.
-- Each attempt is an act of its own. None is ever deleted.
CREATE TABLE acts (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  run         INTEGER NOT NULL REFERENCES runs (id),
  start       INTEGER NOT NULL DEFAULT 0,  -- of the run, as starts.n; 0: not known
  canary      INTEGER NOT NULL DEFAULT 0,  -- 1: the rest waited for what came of it
  result      INTEGER NOT NULL,            -- of its row: results.id; -1: it has none
  line        INTEGER NOT NULL,
  account     TEXT NOT NULL,               -- its one name
  iccid       TEXT NOT NULL,               -- as it was sent
  sim         TEXT NOT NULL,               -- the SIM's identity: its ICCID without a check digit that a longer form has
  action      TEXT NOT NULL,
  "group"     TEXT NOT NULL,               -- as it was sent
  found_group TEXT NOT NULL DEFAULT '',    -- what a person found in the portal, where it is another
  epoch       INTEGER NOT NULL,            -- of the claim
  state       TEXT NOT NULL                -- intent: on its way; done; refused; not_sent: surely not done; unknown: maybe done;
              CHECK (state IN ('intent', 'done', 'refused', 'not_sent', 'unknown', 'cannot_tell', 'resolved_done', 'resolved_not_done', 'replaced')),
                                           -- cannot_tell, resolved_done, resolved_not_done: a person looked; replaced: a later act counts
  was         TEXT NOT NULL DEFAULT '',    -- the state of a replaced act before
  replaces    INTEGER,                     -- the act that this one replaced
  code        TEXT NOT NULL DEFAULT '',    -- what happened, where it is unknown what came of it
  intent_at   TEXT NOT NULL,               -- before it was sent
  settled_at  TEXT,
  request_id  TEXT NOT NULL DEFAULT '',
  resolved_by TEXT NOT NULL DEFAULT '',
  reason      TEXT NOT NULL DEFAULT ''     -- of the resolution
) STRICT;
-- Never twice: what is on its way, in doubt or done bars another.
CREATE UNIQUE INDEX acts_open_or_done ON acts (account, sim, action)
  WHERE state IN ('intent', 'unknown', 'cannot_tell', 'done', 'resolved_done');
-- It repeats all that decides whether a SIM may be sent a command, so that a
-- damaged page shows as a difference between table and index.
CREATE INDEX acts_by_sim ON acts (sim, account, action, state, "group", found_group);
CREATE INDEX acts_by_run ON acts (run);
CREATE INDEX acts_by_account ON acts (account);
CREATE INDEX acts_open ON acts (account) WHERE state IN ('intent', 'unknown', 'cannot_tell');
CREATE TRIGGER acts_stay BEFORE DELETE ON acts BEGIN
  SELECT RAISE(ABORT, 'an act is never deleted');
END;

-- How many acts are in each state, and the sum of their numbers. A file that
-- was put together from two moments does not agree with it.
CREATE TABLE totals (
  state TEXT PRIMARY KEY,
  acts  INTEGER NOT NULL,
  ids   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO totals VALUES ('intent', 0, 0), ('done', 0, 0), ('refused', 0, 0), ('not_sent', 0, 0), ('unknown', 0, 0),
  ('cannot_tell', 0, 0), ('resolved_done', 0, 0), ('resolved_not_done', 0, 0), ('replaced', 0, 0);
CREATE TRIGGER acts_added AFTER INSERT ON acts BEGIN
  UPDATE totals SET acts = acts + 1, ids = ids + new.id WHERE state = new.state;
END;
CREATE TRIGGER acts_settled AFTER UPDATE OF state ON acts WHEN new.state <> old.state BEGIN
  UPDATE totals SET acts = acts - 1, ids = ids - old.id WHERE state = old.state;
  UPDATE totals SET acts = acts + 1, ids = ids + new.id WHERE state = new.state;
END;

-- What persons said of acts after looking.
CREATE TABLE words (
  id      INTEGER PRIMARY KEY,
  act     INTEGER NOT NULL REFERENCES acts (id),
  at      TEXT NOT NULL,
  by_user TEXT NOT NULL,
  verdict TEXT NOT NULL,                   -- done, not_done, cannot_tell, undo
  "group" TEXT NOT NULL,
  reason  TEXT NOT NULL
) STRICT;
CREATE INDEX words_by_act ON words (act);

-- Acts that were lost, and that somebody has looked into it: those of the
-- account with a higher number than act that were seen before.
CREATE TABLE losses (
  id      INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  act     INTEGER NOT NULL,
  by_user TEXT NOT NULL,
  reason  TEXT NOT NULL,
  at      TEXT NOT NULL
) STRICT;

-- Why the last attempt for a SIM was refused, by a live check or the upstream.
CREATE TABLE refusals (
  account TEXT NOT NULL,
  sim     TEXT NOT NULL,
  code    TEXT NOT NULL,
  run     INTEGER NOT NULL,
  at      TEXT NOT NULL,
  PRIMARY KEY (account, sim)
) STRICT, WITHOUT ROWID;

-- What did we do to this SIM?  SELECT * FROM sim_history WHERE iccid = '8944…';
CREATE VIEW sim_history AS
  SELECT iccid, account, action, "group", state, intent_at, settled_at, run, line, request_id, resolved_by, reason
  FROM acts ORDER BY iccid, id;

-- What is unknown, and blocks its SIM until bulk resolve?
CREATE VIEW in_doubt AS
  SELECT iccid, account, action, "group", state, intent_at, run, line, request_id
  FROM acts WHERE state IN ('intent', 'unknown', 'cannot_tell') ORDER BY id;
