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

// Prune drops the results of runs last heard of before the given time and marks
// these runs as pruned. Runs, acts and approvals are never dropped, nor anything
// of a run that is under way or with the workers. It returns how many results went, and the digests
// of the inputs that belong to the other runs.
func (db *DB) Prune(ctx context.Context, before time.Time) (dropped int, digests []string, err error) {
	waiting := map[int64]bool{} // for a worker, or for somebody's word
	if d, err := db.handing(); err == nil {
		open, err := d.Handovers(ctx, 0)
		if err != nil {
			return 0, nil, err
		}
		for _, h := range open {
			waiting[h.Run] = true
			digests = append(digests, h.Files...)
		}
	}
	var old []RunInfo
	err = db.runs(ctx, store.RunQuery{}, func(r RunInfo) bool {
		if r.Heard().Before(before) && !waiting[r.ID] {
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

// Pruned reports whether results of a run were dropped: since then nothing is
// left of them, or less than was counted at its end.
func (db *DB) Pruned(ctx context.Context, run RunInfo) (bool, error) {
	told := 0
	for _, n := range run.Tally {
		told += n
	}
	if !run.PrunedAt.IsZero() || told == 0 {
		return !run.PrunedAt.IsZero(), nil
	}
	first, err := db.store.Rows(ctx, store.RowQuery{Run: run.ID, Limit: 1})
	return err == nil && len(first) == 0, err
}

// Lacks reports whether any result of a run is gone that was there: Pruned, or an
// act without its row, which a version that took no note of it left when it was
// killed in the midst. It looks at every row.
func (db *DB) Lacks(ctx context.Context, run RunInfo) (bool, error) {
	if pruned, err := db.Pruned(ctx, run); pruned || err != nil {
		return pruned, err
	}
	there := map[int]bool{}
	for r, err := range db.rows(ctx, run.ID) {
		if err != nil {
			return false, err
		}
		there[r.Seq] = true
	}
	lacks := false
	err := db.acts(ctx, store.ActQuery{Run: run.ID}, func(a ActInfo) bool {
		lacks = a.Seq >= 0 && a.State != Intended && a.State != NotSentState && !there[a.Seq]
		return !lacks
	})
	return lacks, err
}

// drop drops a run's results, little by little.
func (db *DB) drop(ctx context.Context, run RunInfo) (dropped int, err error) {
	if !run.PrunedAt.IsZero() {
		if left, err := db.store.Rows(ctx, store.RowQuery{Run: run.ID, Limit: 1}); err != nil || len(left) == 0 {
			return 0, err
		}
	}
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
