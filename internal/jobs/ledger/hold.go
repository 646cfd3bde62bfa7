package ledger

import (
	"context"
	"sync"
	"time"

	"bulk/internal/jobs/ledger/store"
)

// Hold is the hold on some accounts: nobody else runs on them.
type Hold struct {
	// Doubted is how many requests an earlier holder left on their way: they are
	// unknown from now on, and so are their rows.
	Doubted int

	release func()
}

// Release gives the accounts back. It may be called several times.
func (h *Hold) Release() { h.release() }

// Hold takes the accounts for this process, waiting for them at most wait. They
// are given back when the process ends, however it ends. What an earlier holder
// left on its way becomes unknown: whoever wrote it is dead. The error is a
// [*BusyError] (ErrBusy) where another process holds one of them.
func (db *DB) Hold(ctx context.Context, accounts []string, wait time.Duration) (*Hold, error) {
	if err := db.readNames(ctx); err != nil {
		return nil, err
	}
	names := db.oneNames(accounts)
	claim, err := db.store.Hold(ctx, names, wait)
	if err != nil {
		return nil, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, name := range names {
		db.epochs[name] = claim.Epoch(name)
	}
	return &Hold{Doubted: claim.Doubted(), release: sync.OnceFunc(func() { db.release(claim, names) })}, nil
}

func (db *DB) release(claim store.Claim, names []string) {
	db.mu.Lock()
	for _, name := range names {
		if db.epochs[name] == claim.Epoch(name) {
			delete(db.epochs, name)
		}
	}
	db.mu.Unlock()
	claim.Release()
}

// epoch is that of the claim on an account; 0: it is not held.
func (db *DB) epoch(account string) int64 {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.epochs[account]
}

// HoldRun takes a run for this process, until release is called or the process
// ends. Reads and dry runs hold no account, and must not be continued while they
// still go on. The error wraps ErrBusy where another process does the run.
func (db *DB) HoldRun(ctx context.Context, run int64) (release func(), err error) {
	release, err = db.store.HoldRun(ctx, run)
	if err != nil {
		return nil, err
	}
	return sync.OnceFunc(release), nil
}

// Holder is who holds an account; false: nobody does, as far as can be told.
func (db *DB) Holder(ctx context.Context, account string) (Holding, bool, error) {
	return db.store.Holding(ctx, db.oneName(account))
}
