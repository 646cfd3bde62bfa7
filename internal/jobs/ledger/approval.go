package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Approval is somebody's yes to the irreversible rows of a run.
type Approval struct {
	At     time.Time
	User   string
	How    string         // typed, --yes, --approve
	Digest string         // SHA-256 of the bytes approved
	SIMs   int            // how many would change
	Groups map[string]int // how many into which group
	Reason string
}

// Approve writes down who said yes to what: a.User, or, where that is empty,
// who began the run. a.At is set by the ledger.
func (r *Run) Approve(ctx context.Context, a Approval) error {
	user := cmp.Or(a.User, r.User)
	groups, err := json.Marshal(a.Groups)
	if err != nil {
		return err
	}
	return r.db.write.do(ctx, change{apply: func(s *statements) error {
		_, err := s.exec(`INSERT INTO approvals (run, at, user, how, digest, sims, groups, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			r.ID, stamp(r.db.now()), user, a.How, a.Digest, a.SIMs, string(groups), a.Reason)
		return err
	}})
}

// Approvals lists a run's approvals, oldest first.
func (db *DB) Approvals(ctx context.Context, run int64) ([]Approval, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT at, user, how, digest, sims, groups, reason FROM approvals WHERE run = ? ORDER BY id`, run)
	if err != nil {
		return nil, fmt.Errorf("reading the approvals of run %d: %w", run, explain(err))
	}
	defer rows.Close()
	var all []Approval
	for rows.Next() {
		var a Approval
		var at, groups string
		if err := rows.Scan(&at, &a.User, &a.How, &a.Digest, &a.SIMs, &groups, &a.Reason); err != nil {
			return nil, err
		}
		a.At = unstamp(at)
		if err := json.Unmarshal([]byte(groups), &a.Groups); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, rows.Err()
}
