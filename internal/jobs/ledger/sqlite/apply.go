package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// apply makes one change in the transaction that is open.
func (s *Store) apply(op store.Op) error {
	switch op := op.(type) {
	case *store.Intent:
		return s.intend(op)
	case *store.Settle:
		return s.settle(op)
	case *store.Record:
		return s.record(op)
	case *store.Begin:
		return s.begin(op)
	case *store.End:
		return s.end(op)
	case *store.Publish:
		return s.publish(op)
	case *store.Approve:
		return s.approve(op)
	case *store.Resolve:
		return s.resolve(op)
	case *store.Import:
		return s.importActs(op)
	case *store.Carry:
		return s.carry(op)
	case *store.Relate:
		return s.relate(op)
	case *store.Drop:
		return s.drop(op)
	case *store.Want:
		c := op.Control
		return s.do(`INSERT OR REPLACE INTO controls (run, want, by_user, reason, at) VALUES (?, ?, ?, ?, ?)`, c.Run, c.Want, c.User, c.Reason, stamp(c.At))
	case *store.Tell:
		return s.tell(op)
	case *store.Count:
		return s.count(op)
	case *store.Close:
		return s.shut(op)
	case *store.Init:
		return s.do(`UPDATE meta SET init_by = ?, init_at = ?, init_word = ?`, op.User, stamp(op.At), op.Reason)
	}
	return fmt.Errorf("a change that this store does not know: %T", op)
}

// insertAct leaves an act out where the unique key forbids it, and where one that
// bars it stands under another account name: it is the only writer meanwhile.
const insertAct = `INSERT INTO acts (run, start, canary, result, line, account, iccid, sim, action, "group", epoch, state, code, intent_at, settled_at, replaces, request_id)
	SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?18
	WHERE ?17 IS NULL OR NOT EXISTS (SELECT 1 FROM acts WHERE sim = ?8 AND account <> ?6 AND action = ?9
		AND state IN ('intent', 'unknown', 'cannot_tell', 'done', 'resolved_done') AND account NOT IN (SELECT value FROM json_each(?17)))
	ON CONFLICT (account, sim, action) WHERE state IN ('intent', 'unknown', 'cannot_tell', 'done', 'resolved_done') DO NOTHING`

// insert writes an act; false where the unique key forbids it, or one under
// another account name that is not among apart, a JSON array; nil: such are not
// looked for.
func (s *Store) insert(a *store.Act, apart any) (bool, error) {
	var replaces any
	if a.Replaces != 0 {
		replaces = a.Replaces
	}
	done, err := s.exec(insertAct, a.Run, a.Start, a.Canary, rowID(a.Run, a.Seq), a.Line, a.Account, string(a.ICCID), string(a.SIM), string(a.Action), a.Group,
		a.Epoch, string(a.State), string(a.Code), stamp(a.At), null(a.Settled), replaces, apart, a.RequestID)
	if err != nil {
		return false, err
	}
	if n, err := done.RowsAffected(); n == 0 || err != nil {
		return false, err
	}
	a.ID, err = done.LastInsertId()
	return true, err
}

// intend writes an intent down. The claim is looked at in the same transaction.
func (s *Store) intend(op *store.Intent) error {
	op.Err = nil
	if op.Err = s.fenced(op.Act.Account, op.Act.Epoch); op.Err != nil {
		return nil
	}
	apart := "[]"
	if len(op.Apart) > 0 {
		text, err := json.Marshal(op.Apart)
		if err != nil {
			return err
		}
		apart = string(text)
	}
	if op.Over == nil {
		ok, err := s.insert(op.Act, apart)
		if err == nil && !ok {
			op.Err = jobs.ErrBarred
		}
		return err
	}
	return s.intendOver(op, apart)
}

// intendOver replaces the act that was read, and only that.
func (s *Store) intendOver(op *store.Intent, apart string) error {
	op.Act.Replaces = op.Over.ID
	ok, err := s.wholly(func() (bool, error) {
		ok, err := s.changed(`UPDATE acts SET was = state, state = 'replaced' WHERE id = ? AND state = ? AND settled_at IS ? AND account = ? AND sim = ?
			AND state IN ('done', 'resolved_done')`,
			op.Over.ID, string(op.Over.State), null(op.Over.Settled), op.Act.Account, string(op.Act.SIM))
		if err != nil || !ok {
			return false, err
		}
		return s.insert(op.Act, apart)
	})
	if err == nil && !ok {
		op.Err = jobs.ErrBarred
	}
	return err
}

// wholly takes back what a part of the transaction did where it reports false.
func (s *Store) wholly(do func() (bool, error)) (bool, error) {
	if err := s.do("SAVEPOINT part"); err != nil {
		return false, err
	}
	ok, err := do()
	if err != nil {
		return false, err
	}
	if !ok {
		if err := s.do("ROLLBACK TO part"); err != nil {
			return false, err
		}
	}
	return ok, s.do("RELEASE part")
}

// settle writes down what became of an act. A person's word is not overwritten.
// (For IN, SQLite would make a table each time.)
func (s *Store) settle(op *store.Settle) error {
	ok, err := s.changed(`UPDATE acts SET state = ?, code = ?, settled_at = ?, request_id = ? WHERE id = ? AND (state = 'intent' OR state = 'unknown')`,
		string(op.State), string(op.Code), stamp(op.At), op.RequestID, op.Act)
	if err != nil || !ok || op.Restore == 0 || op.State != store.NotSent && op.State != store.Refused {
		return err
	}
	return s.restore(op.Restore)
}

// restore lets an act stand again that was replaced by one that did nothing.
func (s *Store) restore(act int64) error {
	return s.do(`UPDATE acts SET state = was, was = '' WHERE id = ? AND state = 'replaced' AND was <> ''`, act)
}

const insertResult = `INSERT OR REPLACE INTO results (id, line, iccid, ask, outcome, request_id, attempts, http_status,
	started_at, duration_ms, data, code, description, upstream_error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

func (s *Store) record(op *store.Record) error {
	if op.Settle != nil {
		if err := s.settle(op.Settle); err != nil {
			return err
		}
	}
	overtaken, err := s.overtaken(op.Run, op.Start)
	if op.Err = overtaken; overtaken != nil || err != nil {
		return err
	}
	row, r := op.Row, op.Result
	ask, err := s.ask(asked{r.Account, string(row.Action), row.Group})
	if err == nil {
		err = s.do(insertResult, rowID(op.Run, row.Seq), row.Line, string(row.ICCID), ask, string(r.Outcome), r.RequestID,
			r.Attempts, r.HTTPStatus, millis(r.Started), r.Duration.Milliseconds(), op.Data, string(r.Code), r.Description, r.UpstreamError)
	}
	switch f := op.Forget; {
	case err != nil:
		return err
	case op.Refused != nil:
		f := op.Refused
		return s.do(`INSERT OR REPLACE INTO refusals (account, sim, code, run, at) VALUES (?, ?, ?, ?, ?)`, f.Account, string(f.SIM), string(f.Code), f.Run, stamp(f.At))
	case f != nil:
		return s.do(`DELETE FROM refusals WHERE account = ? AND sim = ?`, f.Account, string(f.SIM))
	}
	return nil
}

// overtaken says that a start of a run is not its newest any more. Nobody else writes
// until the transaction ends, so that one question an account of a run is enough.
func (s *Store) overtaken(run int64, start int) (refusal, err error) {
	if start == 0 {
		return nil, nil
	}
	newest, known := s.newest[run]
	if !known {
		if err := s.one(fmt.Sprintf(`SELECT coalesce(max(n), 0) FROM starts WHERE run = %d`, run), &newest); err != nil {
			return nil, err
		}
		s.newest[run] = newest
	}
	if start < newest {
		return store.ErrOvertaken, nil
	}
	return nil, nil
}

func (s *Store) publish(op *store.Publish) error {
	overtaken, err := s.overtaken(op.Run, op.Start)
	if op.Err = overtaken; overtaken != nil || err != nil {
		return err
	}
	return s.do(`UPDATE runs SET output_digest = ?, published_at = ? WHERE id = ?`, op.Digest, null(op.At), op.Run)
}

// ask is the number of what was asked, which gets one where it has none. Those
// that were met are kept, until a transaction is taken back.
func (s *Store) ask(a asked) (id int64, err error) {
	if id, known := s.asks[a]; known {
		return id, nil
	}
	if err := s.do(`INSERT OR IGNORE INTO asks (account, action, "group") VALUES (?, ?, ?)`, a.account, a.action, a.group); err != nil {
		return 0, err
	}
	err = s.list(context.Background(), `SELECT id FROM asks WHERE account = ? AND action = ? AND "group" = ?`, []any{a.account, a.action, a.group},
		func(scan scanner) error { return scan(&id) })
	if err == nil {
		s.asks[a] = id
	}
	return id, err
}

func (s *Store) begin(op *store.Begin) error {
	r := op.Run
	var err error
	if !op.GoesOn {
		err = s.insertRun(r)
	} else {
		err = s.do(`UPDATE runs SET resumed_at = ?, ended_at = NULL, ending = '', not_run = NULL, published_at = NULL, output = ? WHERE id = ?`,
			stamp(op.At), r.Output, r.ID)
	}
	if err != nil {
		return err
	}
	err = s.list(context.Background(), `INSERT INTO starts (run, n, at, user, host) SELECT ?, 1 + coalesce(max(n), 0), ?, ?, ? FROM starts WHERE run = ? RETURNING n`,
		[]any{r.ID, stamp(op.At), op.User, op.Host, r.ID}, func(scan scanner) error { return scan(&op.Start) })
	for _, account := range op.Accounts {
		if h := s.held[account]; err == nil && h != nil {
			err = s.do(`UPDATE claims SET run = ?, beat = ? WHERE account = ? AND epoch = ?`, r.ID, stamp(op.At), account, h.epoch)
		}
	}
	return err
}

func (s *Store) insertRun(r *store.Run) error {
	done, err := s.exec(`INSERT INTO runs (kind, input, digest, sheet, columns, action, "group", accounts, settings, user, host, version, started_at, output)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, string(r.Kind), r.Input, r.Digest, r.Sheet, r.Columns, r.Action, r.Group,
		strings.Join(r.Accounts, ","), r.Settings, r.User, r.Host, r.Version, stamp(r.StartedAt), r.Output)
	if err != nil {
		return err
	}
	r.ID, err = done.LastInsertId()
	return err
}

func (s *Store) end(op *store.End) error {
	overtaken, err := s.overtaken(op.Run, op.Start)
	if op.Err = overtaken; overtaken != nil || err != nil {
		return err
	}
	tally, err := json.Marshal(op.Tally)
	if err != nil {
		return err
	}
	err = s.do(`UPDATE runs SET ended_at = ?, ending = ?, not_run = ?, tally = ? WHERE id = ?`, stamp(op.At), op.Ending, op.NotRun, string(tally), op.Run)
	if err != nil {
		return err
	}
	return s.do(`UPDATE starts SET ended_at = ?, ending = ?, cause = ?, not_run = ?, tally = ?
		WHERE run = ? AND n = (SELECT max(n) FROM starts WHERE run = ?)`, stamp(op.At), op.Ending, op.Cause, op.NotRun, string(tally), op.Run, op.Run)
}

func (s *Store) approve(op *store.Approve) error {
	a := op.Approval
	groups, err := json.Marshal(a.Groups)
	if err != nil {
		return err
	}
	return s.do(`INSERT INTO approvals (run, at, user, how, digest, sims, groups, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		op.Run, stamp(a.At), a.User, a.How, a.Digest, a.SIMs, string(groups), a.Reason)
}

// resolve settles an act by a person's word.
func (s *Store) resolve(op *store.Resolve) error {
	ok, err := s.wholly(func() (bool, error) { return s.resolveAct(op) })
	op.Err = nil
	if err == nil && !ok {
		op.Err = store.ErrChanged
	}
	return err
}

func (s *Store) resolveAct(op *store.Resolve) (bool, error) {
	w, a := op.Word, op.Act
	if op.To == store.Unknown && a.Replaces != 0 { // taken back: what it overrode is overridden again
		err := s.do(`UPDATE acts SET was = state, state = 'replaced' WHERE id = ? AND (state = 'done' OR state = 'resolved_done')`, a.Replaces)
		if err != nil {
			return false, err
		}
	}
	ok, err := s.changed(`UPDATE OR IGNORE acts SET state = ?, found_group = ?, settled_at = ?, resolved_by = ?, reason = ? WHERE id = ? AND state = ?`,
		string(op.To), op.Found, null(w.At), w.User, w.Reason, a.ID, string(op.From))
	if err != nil || !ok {
		return false, err
	}
	over := a.Replaces
	if op.Aside != 0 {
		over = op.Aside
		if err := s.do(`UPDATE acts SET replaces = ? WHERE id = ?`, over, a.ID); err != nil {
			return false, err
		}
	}
	if op.To == store.ResolvedNotDone && over != 0 {
		if err := s.restore(over); err != nil {
			return false, err
		}
	}
	w.Act = a.ID
	return true, s.say(w)
}

// say keeps what a person said of an act.
func (s *Store) say(w store.Word) error {
	return s.do(`INSERT INTO words (act, at, by_user, verdict, "group", reason) VALUES (?, ?, ?, ?, ?, ?)`, w.Act, stamp(w.At), w.User, w.Verdict, w.Group, w.Reason)
}

// importActs writes acts down that were not when they were sent.
func (s *Store) importActs(op *store.Import) error {
	if op.Run.ID == 0 {
		if err := s.begin(&store.Begin{Run: op.Run, User: op.Run.User, Host: op.Run.Host, At: op.Run.StartedAt}); err != nil {
			return err
		}
	}
	for _, settle := range op.Settles {
		if err := s.settle(settle); err != nil {
			return err
		}
	}
	for _, a := range op.Acts {
		a.Run = op.Run.ID
		if _, err := s.insert(a, nil); err != nil {
			return err
		}
	}
	if l := op.Loss; l != nil {
		return s.lose(*l)
	}
	return nil
}

// lose keeps a person's word that acts were lost.
func (s *Store) lose(l store.Loss) error {
	return s.do(`INSERT INTO losses (account, act, by_user, reason, at) VALUES (?, ?, ?, ?, ?)`, l.Account, l.Act, l.User, l.Reason, stamp(l.At))
}

// relate writes down what two names are, and moves B's history to A.
func (s *Store) relate(op *store.Relate) error {
	l := op.Link
	err := s.do(`INSERT INTO links (a, b, relation, by_user, reason, at) VALUES (?, ?, ?, ?, ?, ?)`, l.A, l.B, l.Relation, l.User, l.Reason, stamp(l.At))
	if err != nil || l.Relation != store.Same {
		return err
	}
	for _, id := range op.Replace {
		if err := s.replace(id); err != nil {
			return err
		}
	}
	for _, text := range []string{
		`UPDATE acts SET account = ?1 WHERE account = ?2`,
		`UPDATE losses SET account = ?1 WHERE account = ?2`,
		`INSERT INTO refusals (account, sim, code, run, at) SELECT ?1, sim, code, run, at FROM refusals WHERE account = ?2
			ON CONFLICT (account, sim) DO UPDATE SET code = excluded.code, run = excluded.run, at = excluded.at WHERE excluded.at > at`,
		`DELETE FROM refusals WHERE account = ?2 AND ?1 <> ''`,
	} {
		if err := s.do(text, l.A, l.B); err != nil {
			return err
		}
	}
	return nil
}

// replace has an act count no more.
func (s *Store) replace(id int64) error {
	return s.do(`UPDATE acts SET was = state, state = 'replaced' WHERE id = ?`, id)
}

// drop drops a part of a run's results. The run says so from the first of them
// on, or one pruned in part would look like one that was killed.
func (s *Store) drop(op *store.Drop) error {
	done, err := s.exec(`DELETE FROM results WHERE id IN (SELECT id FROM results WHERE id >= ? AND id < ? LIMIT ?)`,
		rowID(op.Run, 0), rowID(op.Run+1, 0), op.Most)
	if err != nil {
		return err
	}
	n, err := done.RowsAffected()
	if err != nil {
		return err
	}
	op.Dropped = int(n)
	if err := s.forgetCounted(op.Run); err != nil {
		return err
	}
	return s.do(`UPDATE runs SET pruned_at = ? WHERE id = ? AND pruned_at IS NULL`, stamp(op.At), op.Run)
}
