-- What the starts of runs have counted of their requests.
CREATE TABLE counted (
  run      bigint NOT NULL,
  start    int NOT NULL,                           -- as starts.n
  counts   text NOT NULL,                          -- all in all, and how it went when this was written (JSON)
  timeline bytea NOT NULL,                         -- how they went over time
  PRIMARY KEY (run, start)
) WITH (fillfactor = 50);
