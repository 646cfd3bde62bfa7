package ledger

import (
	"context"
	"fmt"

	"bulk/internal/jobs"
)

// Standing tells how a SIM stands under an account, whose lock must be held: in
// doubt where any act on it is (the first of those is told), else done where one
// was done (the newest counts).
func (db *DB) Standing(ctx context.Context, account string, iccid jobs.ICCID) (jobs.Standing, error) {
	if none, err := db.untouched(ctx, account, iccid); none || err != nil {
		return jobs.Standing{}, err
	}
	// Under a context that can end, the driver would start a goroutine to watch it.
	rows, err := db.read.QueryContext(context.WithoutCancel(ctx), `SELECT id, state, "group", intent_at, coalesce(settled_at, ''), run FROM acts WHERE iccid = ? AND account = ?
		AND (state = 'intent' OR state = 'unknown' OR state = 'done' OR state = 'resolved_done') ORDER BY id`, string(iccid), account)
	if err != nil {
		return jobs.Standing{}, fmt.Errorf("reading the ledger about %s: %w", iccid, db.explain(err))
	}
	defer rows.Close()
	var stands jobs.Standing
	for rows.Next() {
		var state State
		var at, settled string
		s := jobs.Standing{State: jobs.DoneEarlier}
		if err := rows.Scan(&s.Act, &state, &s.Group, &at, &settled, &s.Run); err != nil {
			return jobs.Standing{}, fmt.Errorf("reading the ledger about %s: %w", iccid, db.explain(err))
		}
		s.At, s.Settled = unstamp(at), unstamp(settled)
		if state == Intended || state == UnknownState {
			s.State = jobs.InDoubt
		}
		if stands.State != jobs.InDoubt {
			stands = s
		}
	}
	if err := rows.Err(); err != nil {
		return jobs.Standing{}, fmt.Errorf("reading the ledger about %s: %w", iccid, db.explain(err))
	}
	return stands, nil
}
