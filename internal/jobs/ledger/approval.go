package ledger

import (
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
