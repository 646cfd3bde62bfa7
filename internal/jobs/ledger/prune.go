package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"bulk/internal/jobs/ledger/store"
)

const (
	pruneMost  = 2000                  // results dropped in one commit
	pruneBreak = 20 * time.Millisecond // between two, for a run that waits to write
)

// Prune drops the results of runs last heard of before the given time, and the
// runs themselves where nothing irreversible belongs to them; the others are
// marked as pruned. Acts, approvals and the runs that they belong to are never
// dropped, nor anything of a run that is under way. It returns how many results
// went, and the digests of the inputs that belong to the other runs.
func (db *DB) Prune(ctx context.Context, before time.Time) (dropped int, digests []string, err error) {
	var old []RunInfo
	err = db.runs(ctx, store.RunQuery{}, func(r RunInfo) bool {
		if r.Heard().Before(before) {
			old = append(old, r)
		} else if !slices.Contains(digests, r.Digest) {
			digests = append(digests, r.Digest)
		}
		return true
	})
	if err != nil {
		return 0, nil, err
	}
	for _, run := range slices.Backward(old) {
		n, err := db.drop(ctx, run)
		dropped += n
		switch {
		case errors.Is(err, ErrBusy):
			digests = append(digests, run.Digest)
		case err != nil:
			return dropped, nil, fmt.Errorf("pruning run %d: %w", run.ID, err)
		}
	}
	return dropped, digests, nil
}

// drop drops a run's results, little by little, and the run if it may.
func (db *DB) drop(ctx context.Context, run RunInfo) (dropped int, err error) {
	if !run.Finished() {
		// It may be under way; its accounts say so, or, where it holds none, the run itself.
		hold, err := db.Hold(ctx, run.Accounts, 0)
		if err != nil {
			return 0, err
		}
		defer hold.Release()
		release, err := db.HoldRun(ctx, run.ID)
		if err != nil {
			return 0, err
		}
		defer release()
	}
	for {
		op := &store.Drop{Run: run.ID, Most: pruneMost, At: db.now()}
		if err := db.commit(ctx, op); err != nil {
			return dropped, err
		}
		dropped += op.Dropped
		if op.Dropped < pruneMost {
			return dropped, nil
		}
		select {
		case <-time.After(pruneBreak):
		case <-ctx.Done():
			return dropped, ctx.Err()
		}
	}
}
