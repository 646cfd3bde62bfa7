-- What many results have in common: what was asked, of which account.
CREATE TABLE asks (
  id      INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  action  TEXT NOT NULL,
  "group" TEXT NOT NULL,
  UNIQUE (account, action, "group")
) STRICT;

-- What became of each row; row_history shows it. id is run * 2^32 + the row's place
-- in the input, so that a run's rows stand together, in order, without another index.
CREATE TABLE results (
  id             INTEGER PRIMARY KEY,
  line           INTEGER NOT NULL,
  iccid          TEXT NOT NULL,
  ask            INTEGER NOT NULL,         -- as asks.id
  outcome        TEXT NOT NULL,
  code           TEXT NOT NULL,
  description    TEXT NOT NULL,
  upstream_error TEXT NOT NULL,
  request_id     TEXT NOT NULL,
  attempts       INTEGER NOT NULL,
  http_status    INTEGER NOT NULL,
  started_at     INTEGER NOT NULL,         -- milliseconds since 1970, UTC; 0: it was not
  duration_ms    INTEGER NOT NULL,
  data           TEXT NOT NULL             -- the data columns that were filled (JSON)
);
-- Where a SIM is among a run's rows: by the nine digits in which SIMs differ most.
-- A run's entries stand together, so that writing them costs the same however many
-- other runs there are.
CREATE INDEX results_by_sim ON results (id >> 32, CAST(substr(iccid, 10, 9) AS INTEGER));

-- The results of every run, with the run's number and the row's place.
CREATE VIEW row_history AS
  SELECT r.id >> 32 AS run, line, iccid, action, "group", outcome, code, description, upstream_error, account, request_id, attempts, http_status,
         CASE started_at WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', started_at / 1000, 'unixepoch') || printf('.%03dZ', started_at % 1000) END AS started_at,
         duration_ms, data
  FROM results AS r LEFT JOIN asks AS a ON a.id = r.ask;
