package ledger

import (
	"context"
	"fmt"
	"strings"

	"bulk/internal/jobs"
)

// Standing tells how a SIM stands under an account: in doubt where any act on
// it is, else done where one was done (the newest counts).
func (db *DB) Standing(ctx context.Context, account string, iccid jobs.ICCID) (jobs.Standing, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT state, "group", intent_at, run FROM acts
		WHERE iccid = ? AND account = ? AND state IN ('intent', 'unknown', 'done', 'resolved_done') ORDER BY id`, string(iccid), account)
	if err != nil {
		return jobs.Standing{}, fmt.Errorf("reading the ledger about %s: %w", iccid, explain(err))
	}
	defer rows.Close()
	var stands jobs.Standing
	for rows.Next() {
		var state State
		var at string
		s := jobs.Standing{State: jobs.DoneEarlier}
		if err := rows.Scan(&state, &s.Group, &at, &s.Run); err != nil {
			return jobs.Standing{}, fmt.Errorf("reading the ledger about %s: %w", iccid, err)
		}
		s.At = unstamp(at)
		if state == Intended || state == UnknownState {
			s.State = jobs.InDoubt
		}
		if stands.State != jobs.InDoubt {
			stands = s
		}
	}
	return stands, rows.Err()
}

// Doubt marks the intents that a killed run left on these accounts as unknown.
// Call it only while holding the accounts' locks: whoever wrote them is dead.
// It returns how many there were.
func (db *DB) Doubt(ctx context.Context, accounts []string) (int, error) {
	var found int
	err := db.write.do(ctx, true, func(s *statements) error {
		args := []any{stamp(db.now())}
		for _, a := range accounts {
			args = append(args, a)
		}
		done, err := s.exec(`UPDATE acts SET state = 'unknown', settled_at = ? WHERE state = 'intent' AND account IN (?`+
			strings.Repeat(", ?", len(accounts)-1)+`)`, args...)
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		found = int(n)
		return err
	})
	return found, err
}
