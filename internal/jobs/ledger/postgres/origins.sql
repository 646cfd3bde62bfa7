-- Which ledger a run was carried from. Runs that began here are not in it.
CREATE TABLE origins (
  run     bigint PRIMARY KEY REFERENCES runs,
  ledger  text NOT NULL,                           -- its meta.id
  number  bigint NOT NULL,                         -- the run's number there
  name    text NOT NULL,                           -- what that ledger was called, and on which host
  by_user text NOT NULL,                           -- who carried it
  reason  text NOT NULL,
  at      timestamptz NOT NULL,
  UNIQUE (ledger, number)
);
