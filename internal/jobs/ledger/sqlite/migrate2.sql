-- The results of schema 1 and 2, as results_2, into the tables of schema 3.
INSERT INTO asks (account, action, "group") SELECT DISTINCT account, action, "group" FROM results_2;

INSERT INTO results (id, line, iccid, ask, outcome, code, description, upstream_error, request_id, attempts, http_status, started_at, duration_ms, data)
  SELECT id, line, iccid, (SELECT a.id FROM asks AS a WHERE a.account = r.account AND a.action = r.action AND a."group" = r."group"),
    outcome, code, description, upstream_error, request_id, attempts, http_status,
    coalesce(strftime('%s', started_at) * 1000 + substr(started_at, 21, 3), 0), duration_ms, data
  FROM results_2 AS r ORDER BY id;

DROP TABLE results_2;
