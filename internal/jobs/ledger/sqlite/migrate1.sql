-- From schema 1 on; its results, which are like those of schema 2, are moved by
-- migrate2.sql.
DROP VIEW sim_history;
DROP VIEW in_doubt;
DROP VIEW row_history;
DROP INDEX runs_by_digest;
DROP INDEX acts_by_sim;
DROP INDEX acts_by_run;
DROP INDEX acts_open;
ALTER TABLE runs RENAME TO runs_1;
ALTER TABLE approvals RENAME TO approvals_1;
ALTER TABLE acts RENAME TO acts_1;
ALTER TABLE results RENAME TO results_2;

-- the schema --

INSERT INTO runs (id, kind, input, digest, sheet, columns, action, "group", accounts, settings, user, host, version, started_at, resumed_at,
    ended_at, ending, not_run, tally, output, output_digest, published_at)
  SELECT id, kind, input, digest, '', '', coalesce(json_extract(settings, '$.action'), ''), coalesce(json_extract(settings, '$.group'), ''),
    bulk_accounts(accounts), settings, user, host, version, started_at, resumed_at, ended_at, ending, not_run, tally, output, output_digest, published_at
  FROM runs_1 ORDER BY id;

INSERT INTO starts (run, n, at, user, host, ended_at, ending, not_run, tally)
  SELECT id, 1, coalesce(resumed_at, started_at), user, host, ended_at, ending, not_run, tally FROM runs_1;

INSERT INTO approvals (id, run, at, user, how, digest, sims, groups, reason)
  SELECT id, run, at, user, how, digest, sims, groups, reason FROM approvals_1 ORDER BY id;

-- Of several acts of one SIM that were done or are in doubt one stays: one in
-- doubt, else the newest.
INSERT INTO acts (id, run, result, line, account, iccid, sim, action, "group", epoch, state, was, code, intent_at, settled_at, request_id, resolved_by, reason)
  WITH named AS (SELECT *, bulk_account(account) AS name, bulk_sim(iccid) AS sim FROM acts_1),
  counting AS (
    SELECT id, row_number() OVER (PARTITION BY name, sim, action ORDER BY state IN ('intent', 'unknown') DESC, id DESC) AS place
    FROM named WHERE state IN ('intent', 'unknown', 'done', 'resolved_done'))
  SELECT n.id, n.run, n.result, n.line, n.name, n.iccid, n.sim, n.action, n."group", 0,
    CASE WHEN c.place > 1 THEN 'replaced' ELSE n.state END, CASE WHEN c.place > 1 THEN n.state ELSE '' END,
    CASE WHEN n.state = 'unknown' THEN coalesce((SELECT code FROM results_2 WHERE results_2.id = n.result), '') ELSE '' END,
    n.intent_at, n.settled_at, n.request_id, n.resolved_by, n.reason
  FROM named AS n LEFT JOIN counting AS c ON c.id = n.id ORDER BY n.id;

INSERT INTO words (act, at, by_user, verdict, "group", reason)
  SELECT id, coalesce(settled_at, intent_at), resolved_by, substr(state, length('resolved_') + 1), '', reason
  FROM acts_1 WHERE state IN ('resolved_done', 'resolved_not_done') ORDER BY settled_at;

-- The last attempt for a SIM, where it was refused.
INSERT INTO refusals (account, sim, code, run, at)
  SELECT a.account, a.sim, r.code, a.run, coalesce(a.settled_at, a.intent_at)
  FROM acts AS a JOIN results_2 AS r ON r.id = a.result
  WHERE a.state = 'refused' AND r.outcome = 'failed' AND a.id = (SELECT max(id) FROM acts AS b WHERE b.account = a.account AND b.sim = a.sim)
  ORDER BY a.id
  ON CONFLICT (account, sim) DO UPDATE SET code = excluded.code;

DROP TABLE approvals_1;
DROP TABLE acts_1;
DROP TABLE runs_1;
