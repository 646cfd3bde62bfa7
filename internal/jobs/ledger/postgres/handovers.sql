-- Runs that were handed to workers. A leg is one worker's work on a run.
CREATE TABLE handovers (
  run     bigint PRIMARY KEY REFERENCES runs,
  job     text NOT NULL,                           -- how its rows are done (JSON); no secret
  files   text NOT NULL,                           -- digests of what is kept for it besides its input, by comma
  since   timestamptz NOT NULL,                    -- when a person or a scheduler handed it over, the last time
  waits   boolean NOT NULL,                        -- no leg begins before an approval that came after it
  earlier int NOT NULL,                            -- how many approvals of the run there were by then
  stood   int NOT NULL DEFAULT 0,                  -- rows that stood when the last leg began
  idle    int NOT NULL DEFAULT 0,                  -- legs in a row that began with no more than the one before
  beat    timestamptz,                             -- when a worker at it was last heard of, by the server's clock
  over_at timestamptz,                             -- when it was handed back; null: it is open
  ending  text NOT NULL DEFAULT '',                -- why it ended early, in words
  cause   text NOT NULL DEFAULT ''                 -- and in one
) WITH (fillfactor = 70);
CREATE INDEX handovers_open ON handovers (run) WHERE over_at IS NULL;

-- The QR pictures of runs that were handed over, until whoever waits for the run
-- saves them.
CREATE TABLE pictures (
  run   bigint NOT NULL,
  name  text NOT NULL,                             -- of its file
  bytes bytea NOT NULL,
  PRIMARY KEY (run, name)
);
