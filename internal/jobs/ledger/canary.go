package ledger

import (
	"context"

	"bulk/internal/jobs/ledger/store"
)

// BadCanary finds the canary that still bars the rest of a run: one that is in
// doubt, of whichever start; or one that was refused in the run's last start,
// where that was killed and so ended nothing. False: none does.
func (db *DB) BadCanary(ctx context.Context, run int64) (bad ActInfo, found bool, err error) {
	starts, err := db.Starts(ctx, run)
	if err != nil || len(starts) == 0 {
		return bad, false, err
	}
	last := starts[len(starts)-1]
	err = db.acts(ctx, store.ActQuery{Run: run, States: []State{store.Intended, store.Unknown, store.Refused}}, func(a ActInfo) bool {
		found = a.Canary && (a.State != store.Refused || a.Start == last.N && last.EndedAt.IsZero())
		if found {
			bad = a
		}
		return !found
	})
	return bad, found, err
}
