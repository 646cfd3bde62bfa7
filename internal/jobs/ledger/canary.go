package ledger

import (
	"context"
	"time"

	"bulk/internal/jobs/ledger/store"
)

// CanariesDone counts the canaries of a run, sent at since or later, that are done.
func (db *DB) CanariesDone(ctx context.Context, run int64, since time.Time) (n int, err error) {
	err = db.acts(ctx, store.ActQuery{Run: run, States: []State{store.Done, store.ResolvedDone}}, func(a ActInfo) bool {
		if a.Canary && !a.At.Before(since) {
			n++
		}
		return true
	})
	return n, err
}

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
