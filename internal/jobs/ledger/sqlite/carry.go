package sqlite

import (
	"context"
	"encoding/json"
	"strings"

	"bulk/internal/jobs/ledger/store"
)

// originsSchema is made with the first run that is carried: a ledger into which none
// was is as it ever was.
const originsSchema = `CREATE TABLE IF NOT EXISTS origins (run INTEGER PRIMARY KEY REFERENCES runs (id), ledger TEXT NOT NULL, number INTEGER NOT NULL,
	name TEXT NOT NULL, by_user TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL, UNIQUE (ledger, number)) STRICT`

// carry writes down what other ledgers hold.
func (s *Store) carry(op *store.Carry) error {
	for _, l := range op.Links {
		if err := s.relate(l); err != nil {
			return err
		}
	}
	for _, id := range op.Replace {
		if err := s.replace(id); err != nil {
			return err
		}
	}
	for _, c := range op.Ledgers {
		if err := s.carryOne(c); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) carryOne(c *store.Carried) error {
	if _, err := s.conn.ExecContext(context.Background(), originsSchema); err != nil {
		return err
	}
	var last int64
	if err := s.one(`SELECT coalesce(max(id), 0) FROM acts`, &last); err != nil {
		return err
	}
	runs := map[int64]int64{}
	for _, r := range c.Runs {
		if err := s.carryRun(r); err != nil {
			return err
		}
		runs[r.Number] = r.Run.ID
	}
	acts := map[int64]int64{}
	for a, err := range c.Acts {
		if err != nil {
			return err
		}
		was := a.ID
		a.Run, a.Replaces = runs[a.Run], acts[a.Replaces]
		if err := s.carryAct(&a); err != nil {
			return err
		}
		acts[was] = a.ID
	}
	for r, err := range c.Results {
		if err != nil {
			return err
		}
		r.Run = runs[r.Run]
		if err := s.record(&r.Record); err != nil {
			return err
		}
	}
	for _, l := range c.Losses {
		act, carried := acts[l.Act]
		if !carried {
			act = last
		}
		if err := s.lose(store.Loss{Account: l.Account, Act: act, User: l.User, Reason: l.Reason, At: l.At}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) carryRun(c *store.CarriedRun) error {
	r := &c.Run
	if c.Here {
		return s.do(`UPDATE runs SET pruned_at = NULL WHERE id = ?`, r.ID)
	}
	if err := s.insertRun(r); err != nil {
		return err
	}
	tally, err := json.Marshal(r.Tally)
	if err != nil {
		return err
	}
	err = s.do(`UPDATE runs SET resumed_at = ?, ended_at = ?, ending = ?, not_run = ?, tally = ?, output_digest = ?, published_at = ?, pruned_at = ? WHERE id = ?`,
		null(r.ResumedAt), null(r.EndedAt), r.Ending, unlessKilled(r.NotRun), string(tally), r.OutputDigest, null(r.PublishedAt), null(r.PrunedAt), r.ID)
	if err != nil {
		return err
	}
	o := r.Origin
	err = s.do(`INSERT INTO origins (run, ledger, number, name, by_user, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)`, r.ID, o.Ledger, o.Run, o.Name, o.User, o.Reason, stamp(o.At))
	for _, b := range c.Starts {
		if err != nil {
			return err
		}
		if tally, err = json.Marshal(b.Tally); err == nil {
			err = s.do(`INSERT INTO starts (run, n, at, user, host, ended_at, ending, cause, not_run, tally) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				r.ID, b.N, stamp(b.At), b.User, b.Host, null(b.EndedAt), b.Ending, b.Cause, unlessKilled(b.NotRun), string(tally))
		}
	}
	for _, a := range c.Approvals {
		if err == nil {
			err = s.approve(&store.Approve{Run: r.ID, Approval: a})
		}
	}
	if w := c.Control; w != nil && err == nil {
		wanted := *w
		wanted.Run = r.ID
		err = s.apply(&store.Want{Control: wanted})
	}
	return err
}

// unlessKilled is a number of rows not reached, null where nobody wrote it down.
func unlessKilled(notRun int) any {
	if notRun < 0 {
		return nil
	}
	return notRun
}

var insertCarried = `INSERT INTO acts (run, start, canary, result, line, account, iccid, sim, action, "group", found_group, epoch, state, was, replaces, code,
	intent_at, settled_at, request_id, resolved_by, reason) VALUES (?` + strings.Repeat(", ?", 20) + `)`

func (s *Store) carryAct(a *store.CarriedAct) error {
	var replaces any
	if a.Replaces != 0 {
		replaces = a.Replaces
	}
	done, err := s.exec(insertCarried, a.Run, a.Start, a.Canary, rowID(a.Run, a.Seq), a.Line, a.Account, string(a.ICCID), string(a.SIM), string(a.Action), a.Group,
		a.Found, a.Epoch, string(a.State), string(a.Was), replaces, string(a.Code), stamp(a.At), null(a.Settled), a.RequestID, a.ResolvedBy, a.Reason)
	if err == nil {
		a.ID, err = done.LastInsertId()
	}
	for _, w := range a.Words {
		if err == nil {
			w.Act = a.ID
			err = s.say(w)
		}
	}
	return err
}
